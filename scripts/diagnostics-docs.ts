import { type CodeFamily, type DiagnosticKind, EXIT_CODES } from "../src/base/diagnostic-codes/family.js";
import { diagnosticCodes } from "../src/base/diagnostic-codes/registry.js";
import { markdownTable } from "../src/base/markdown.js";
import { specRules } from "../src/language/rules/registry.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from src/base/diagnostic-codes/. Do not edit. -->

# Diagnostics

Every error and every warning has a code: \`[spec/unknown-key]\` at the end of the line, \`code\` in what \`--json\`
prints. Codes do not change; messages may. A message names the file, the line and the column where it can, and often has a hint for the case at hand.

| exit code | means |
|---:|---|
| 0 | success; a code that is printed all the same is a warning |
| ${EXIT_CODES.failed} | a check or an expectation failed |
| ${EXIT_CODES.refused} | the input is wrong: a spec, a file or a flag |
| ${EXIT_CODES.missing} | the device is not available |
| ${EXIT_CODES.defect} | a bug in ecagen |
`;

const RULES = `### Rules

What must be true of a spec beyond its form; the exit code is ${EXIT_CODES.refused}.
`;

/** docs/diagnostics.md: every code, what it means and how to mend it. */
export function diagnosticsDocs(): string {
  const sections = Object.entries<CodeFamily>(diagnosticCodes).map(([name, family]) => {
    const rows = (Object.keys(EXIT_CODES) as readonly DiagnosticKind[]).flatMap((kind) =>
      Object.entries(family[kind] ?? {}).map(([word, explanation]) => [
        `\`${name}/${word}\``,
        kind === "warned" ? "warning" : String(EXIT_CODES[kind]),
        ...explanation,
      ]),
    );
    const table = markdownTable(["code", "exit code", "what it means", "how to mend it"], rows);
    return [`## ${family.about}\n`, table, ...(name === "spec" ? [RULES, rules()] : [])].join("\n");
  });
  return [INTRODUCTION, ...sections].join("\n");
}

function rules(): string {
  return markdownTable(
    ["code", "what must hold", "how to mend it"],
    specRules.map(({ name, doc, mend }) => [`\`spec/${name}\``, doc, mend]),
  );
}
