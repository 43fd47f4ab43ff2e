import {
  type InterfaceDeclaration,
  type JSDocableNode,
  Node,
  Project,
  type TypeAliasDeclaration,
} from "ts-morph";
import { packageDeclarations } from "./declarations/package.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from the comments in src/. Do not edit. -->

# API

The exports of \`import … from "ecagen"\` and \`require("ecagen")\`. The tests run the examples. [ecagen/core](#ecagencore) is for web pages.

## What networks are given as

\`compile\`, \`stats\`, \`diff\`, \`resolve\`, \`verify\` and \`rewrite\` take each network in any of these forms:

| form | meaning |
|---|---|
| \`"net.json"\`, \`"net.onnx"\`, \`"b0-eca"\` | a path, or the name of a spec that ships with ecagen |
| \`{ name: "mine", stages: […] }\` | a spec as an object: the type \`Spec\` has each field with its comment |
| \`{ text, file? }\` | the text of a spec, JSON with comments; \`file\` is its name in messages; \`extends\` is relative to the folder of \`file\` |
| \`Uint8Array\`, \`{ bytes, file? }\` | an ONNX model, or the text of a spec, in memory |

A string is always a path. These functions return promises, which reject with the errors listed below. Without \`output\`, \`compile\` and \`rewrite\` write no file and return the model's bytes as \`model\`.

Invalid input throws an \`InputError\`. Its \`diagnostics\` contain all errors, each with a \`code\` ([diagnostics.md](diagnostics.md)), the JSON path, and the
place in the text. For an object, the text is its JSON:

\`\`\`ts
import { formatDiagnostic, InputError, stats } from "ecagen";

try {
  await stats({ extends: "b0-se", head: { classes: 0 } });
} catch (error) {
  if (!(error instanceof InputError)) throw error;
  for (const diagnostic of error.diagnostics) console.log(formatDiagnostic(diagnostic));
}
\`\`\`
`;

const CORE = `# ecagen/core

For web pages and other environments without Node.js: one file without dependencies. Specs as text are its only input.

\`\`\`ts
import { compileNetwork, countsOf, loadNetwork } from "ecagen/core";

const text = '{ "stem": { "channels": 8 }, "stages": [{ "block": "conv-norm-act", "channels": 16 }] }';
const network = loadNetwork(text, { file: "mine.json" });
const { parameters } = countsOf(network);
const { bytes } = compileNetwork(network);
\`\`\`
`;

/** The functions that come first; the others follow by their names. */
const FIRST = ["compile", "stats", "diff", "resolve", "verify", "rewrite"];

/** docs/api.md: the functions and types of the library, made of the published declarations. */
export function apiDocs(): string {
  const { index, core } = packageDeclarations();
  return [INTRODUCTION, ...sectionsOf("index", index), CORE, ...sectionsOf("core", core)].join("\n");
}

function sectionsOf(
  name: string,
  { text, exported }: { readonly text: string; readonly exported: ReadonlySet<string> },
) {
  const file = new Project({ useInMemoryFileSystem: true }).createSourceFile(`${name}.ts`, text);
  const names = [...new Set(file.getFunctions().map((each) => each.getName() ?? ""))];
  const functions = names
    .sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1))
    .map((name) => {
      const overloads = file.getFunctions().filter((each) => each.getName() === name);
      const signatures = overloads.map((each) => each.getText(false).replace(/^export declare /, ""));
      const docs = overloads.map(docOf).find((each) => each !== "") ?? "";
      return `### ${name}\n\n${docs}\n\n\`\`\`typescript\n${signatures.map(outlined).join("\n")}\n\`\`\`\n`;
    });
  const classes = file.getClasses().map((each) => `### ${each.getName()}\n\n${docOf(each)}\n`);
  const types = [...file.getInterfaces(), ...file.getTypeAliases()]
    .filter((each) => exported.has(each.getName()) && each.getName() !== "DiagnosticCode")
    .sort((a, b) => (a.getName() < b.getName() ? -1 : 1))
    .map((each) => `### ${each.getName()}\n\n${docOf(each)}\n\n${bodyOf(each)}\n`.replace(/\n{3,}/g, "\n\n"));
  const core = name === "core" ? " of ecagen/core" : "";
  return [
    `## Functions${core}\n`,
    ...functions,
    `## Errors${core}\n`,
    ...classes,
    `## Types${core}\n`,
    ...types,
  ];
}

function order(name: string): number {
  const at = FIRST.indexOf(name);
  return at < 0 ? FIRST.length : at;
}

/** The comment as Markdown: the text, and what is thrown when (of a promise: what it rejects with). */
function docOf(node: JSDocableNode): string {
  const doc = node.getJsDocs().at(-1);
  if (doc === undefined) return "";
  const tags = doc.getTags().map((tag) => {
    const [word = "", ...rest] = (tag.getCommentText() ?? "").replace(/\s+/g, " ").trim().split(" ");
    return tag.getTagName() === "throws"
      ? `- throws \`${word}\` ${rest.join(" ")}`
      : `- \`${word}\`: ${rest.join(" ")}`;
  });
  return [doc.getDescription().trim(), ...(tags.length === 0 ? [] : [tags.join("\n")])].join("\n\n");
}

function bodyOf(node: InterfaceDeclaration | TypeAliasDeclaration): string {
  if (node.getName() === "Spec") return "Its fields are those of [spec.md](spec.md).";
  const type = Node.isTypeAliasDeclaration(node) ? node.getTypeNodeOrThrow() : node;
  if (!Node.isInterfaceDeclaration(type) && !Node.isTypeLiteral(type))
    return `\`\`\`typescript\ntype ${node.getName()} = ${outlined(type.getText())}\n\`\`\``;
  const rows = type.getProperties().map((property) => {
    const optional = property.hasQuestionToken() ? "?" : "";
    const text = outlined(property.getTypeNode()?.getText() ?? "unknown").replace(
      /^\((.*)\) \| undefined$|^(.*) \| undefined$/,
      "$1$2",
    );
    return `| \`${property.getName()}${optional}\` | ${code(text)} | ${cell(docOf(property))} |`;
  });
  return ["| field | type | |", "|---|---|---|", ...rows].join("\n");
}

/** A type as a line: what is written out in it is left to the declarations. */
function outlined(type: string): string {
  let text = type.replace(/\/\*\*.*?\*\//gs, "");
  for (let before = ""; before !== text; ) {
    before = text;
    text = text.replace(/\{[^{}]*\n[^{}]*\}/g, (body) => (body.includes(";") ? inOneLine(body) : body));
  }
  const line = text.replaceAll("\u0001", "{").replaceAll("\u0002", "}").replace(/\s+/g, " ").trim();
  const words = line.split(" | ");
  return words.length > 12 ? `${words.slice(0, 8).join(" | ")} | …` : line;
}

function inOneLine(body: string): string {
  const fields = body
    .slice(1, -1)
    .replace(/\s+/g, " ")
    .replace(/readonly /g, "")
    .trim()
    .replace(/;$/, "");
  return `\u0001 ${fields.length > 120 ? "…" : fields} \u0002`;
}

function code(text: string): string {
  return `\`${text.replaceAll("|", "\\|")}\``;
}

function cell(text: string): string {
  return text.replace(/\s+/g, " ").replaceAll("|", "\\|");
}
