import { type CodeFamily, type DiagnosticKind, EXIT_CODES } from "../src/base/diagnostic-codes/family.js";
import { diagnosticCodes } from "../src/base/diagnostic-codes/registry.js";
import { markdownTable } from "../src/base/markdown.js";
import { specRules } from "../src/language/rules/registry.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from src/base/diagnostic-codes/. Do not edit. -->

# Diagnostics

Whatever ecagen refuses, and whatever it warns of, has a code: \`[spec/unknown-key]\` at the end of the line, \`code\` in what \`--json\`
prints. Codes stay what they are; messages may change. A message names the file, the line and the column where it can,
and a hint says what to do.

| exit code | means |
|---:|---|
| 0 | the work is done; what is printed beside it is a warning |
| ${EXIT_CODES.failed} | a check or an expectation did not hold |
| ${EXIT_CODES.refused} | the input is wrong: a spec, a file or a flag |
| ${EXIT_CODES.missing} | the device that was asked for is not there |
| ${EXIT_CODES.defect} | ecagen itself is wrong |
`;

const RULES = `### Rules

What must be true of a spec beyond its form; the exit code is ${EXIT_CODES.refused}.
`;

/** docs/diagnostics.md: every code, what it means and what to do. */
export function diagnosticsDocs(): string {
  const sections = Object.entries<CodeFamily>(diagnosticCodes).map(([name, family]) => {
    const rows = (Object.keys(EXIT_CODES) as readonly DiagnosticKind[]).flatMap((kind) =>
      Object.entries(family[kind] ?? {}).map(([word, text]) => [
        `\`${name}/${word}\``,
        kind === "warned" ? "warning" : String(EXIT_CODES[kind]),
        text,
      ]),
    );
    const table = markdownTable(["code", "exit code", "what it means, and what to do"], rows);
    return [`## ${family.about}\n`, table, ...(name === "spec" ? [RULES, rules()] : [])].join("\n");
  });
  return [INTRODUCTION, ...sections].join("\n");
}

function rules(): string {
  return markdownTable(
    ["code", "what it is about"],
    specRules.map(({ name, doc }) => [`\`spec/${name}\``, doc]),
  );
}
