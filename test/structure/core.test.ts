import { isBuiltin } from "node:module";
import { ts } from "ts-morph";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { roomOf, type Source } from "../../scripts/house/source-tree.js";
import { ROOMS } from "./rooms.js";
import { sources } from "./sources.js";

/**
 * The core, which runs anywhere: in browsers as in Node.js. Files, processes and the system's hashes come to it through interfaces
 * of base/bytes.ts, language/library.ts and the like, whose side of Node.js is files/, the first room that is not of the core.
 */
const CORE = Object.keys(ROOMS).slice(0, Object.keys(ROOMS).indexOf("files"));

/** What only Node.js has. */
const GLOBALS = ["Buffer", "NodeJS", "process", "require", "__dirname", "__filename", "setImmediate"];

/** Packages that run anywhere too. */
const PACKAGES = [
  "@noble/hashes",
  "dequal",
  "jsonc-parser",
  "leven",
  "ml-matrix",
  "onnx-proto",
  "pure-rand",
  "zod",
];

const test = suite("structure: the core");
/** With what web pages import. */
const core = sources.filter(({ path }) => path === "core.ts" || CORE.includes(roomOf(path)));

/** The names of a text that stand for themselves: no keys, no properties of something. */
function freeNames(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && !isProperty(node)) names.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("file.ts", text, ts.ScriptTarget.Latest, true));
  return names;
}

function isProperty(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAccessExpression(parent) && parent.name === node) ||
    ((ts.isPropertyAssignment(parent) ||
      ts.isPropertySignature(parent) ||
      ts.isMethodDeclaration(parent) ||
      ts.isMethodSignature(parent) ||
      ts.isPropertyDeclaration(parent)) &&
      parent.name === node)
  );
}

function nodeOnly({ path, text, imports }: Pick<Source, "path" | "text" | "imports">): readonly string[] {
  const names = freeNames(text);
  return [
    ...imports.filter((name) => isBuiltin(name)).map((name) => `${path} imports ${name}`),
    ...GLOBALS.filter((name) => names.has(name)).map((name) => `${path} uses ${name}`),
  ];
}

test("the core is what comes before files/", () => {
  assert.equal(CORE.slice().sort(), [
    ...["analysis", "base", "gradients", "ir", "language", "networks", "new-gates", "onnx", "passes"],
    ...["reference", "weights"],
  ]);
});

test("the core imports no module of Node.js and uses none of its globals", () => {
  assert.equal(core.flatMap(nodeOnly), []);
});

test("the core imports nothing but itself and packages that run anywhere", () => {
  const foreign = core.flatMap(({ path, imports }) =>
    imports
      .filter((name) => !CORE.includes(roomOf(name)) || !name.endsWith(".ts"))
      .filter((name) => !PACKAGES.some((each) => name === each || name.startsWith(`${each}/`)))
      .map((name) => `${path} imports ${name}`),
  );
  assert.equal(foreign, []);
});

test("what only Node.js has is found", () => {
  const found = (text: string, imports: readonly string[] = []) => nodeOnly({ path: "a.ts", text, imports });
  assert.equal(found("const a = Buffer.from(b); // process"), ["a.ts uses Buffer"]);
  assert.equal(found("export const a = process.env.A;"), ["a.ts uses process"]);
  assert.equal(found("let e: NodeJS.ErrnoException;"), ["a.ts uses NodeJS"]);
  assert.equal(found("", ["node:fs", "path", "zod"]), ["a.ts imports node:fs", "a.ts imports path"]);
  assert.equal(found('const a = { process: 1, text: "Buffer" }; a.process;'), []);
});

test.run();
