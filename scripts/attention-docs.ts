import { Project, type SourceFile } from "ts-morph";
import { ATTENTION_TYPES, moduleOf, SELECTION_TYPES } from "../src/ir/attention/modules.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from the modules in src/ir/attention/. Do not edit. -->

# Attention modules

The equations of all attention modules, with their sources. Each equation is the doc comment of the module's file in
\`src/ir/attention/\`. The reference interpreter evaluates it, and \`ecagen verify\` compares the exported graph with the interpreter.
The options are listed in [spec.md](spec.md#attention).

Any gate can be swapped for any other: \`ecagen stats SPEC --passes 'swap-attention{to=TYPE}'\`. Options that don't fit the
channels are an error: SE's default reduction leaves 0 of 8 channels. Set another reduction in this case:
\`swap-attention{to={type=cbam,reduction=8}}\`. A selection joins the branches of a
[block that a spec defines](spec.md#blocks-of-your-own).
`;

/** docs/attention.md: every module with its equation and its source. */
export function attentionDocs(root: string): string {
  const project = new Project({ skipAddingFilesFromTsConfig: true });
  const types = [...ATTENTION_TYPES, ...SELECTION_TYPES];
  const rows = types.map((type) => {
    const { title, op } = moduleOf(type);
    const kind = SELECTION_TYPES.some((each) => each === type) ? "selection" : "gate";
    return `| [\`${type}\`](#${type}) | ${kind} | ${title} | ${op.source} |`;
  });
  const sections = types.map((type) => {
    const { op } = moduleOf(type);
    const file = project.addSourceFileAtPath(`${root}/src/ir/attention/${type}/module.ts`);
    return `## ${type}\n\n${headOf(file)}\n\nSource: ${op.source}.\n`;
  });
  return [
    INTRODUCTION,
    "| type | kind | module | source |",
    "|---|---|---|---|",
    ...rows,
    "",
    ...sections,
  ].join("\n");
}

/** The doc comment of the op's definition, or of the module where the op stands inside of it. */
function headOf(file: SourceFile): string {
  const comments = file.getVariableStatements().flatMap((statement) => {
    const defines = statement
      .getDeclarations()
      .some((each) => /^(modelOp|defineAttention)\(/.test(each.getInitializer()?.getText() ?? ""));
    return defines ? statement.getJsDocs() : [];
  });
  const [head] = comments;
  if (head === undefined) throw new Error(`${file.getBaseName()} has no doc comment over its op or module`);
  return head.getDescription().trim();
}
