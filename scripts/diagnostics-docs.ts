import { type CodeFamily, type DiagnosticKind, EXIT_CODES } from "../src/base/diagnostic-codes/family.js";
import { diagnosticCodes } from "../src/base/diagnostic-codes/registry.js";
import { markdownTable } from "../src/base/markdown.js";
import { specRules } from "../src/language/rules/registry.js";

const INTRODUCTION = `<!-- Made by scripts/generate.ts from src/base/diagnostic-codes/. Do not edit. -->

# Diagnostics

Every error and warning has a code: \`[spec/unknown-key]\` at the end of the line, \`code\` in the output of \`--json\`.
Codes are stable; messages may change. A message names the file, line and column if possible, and often has a hint.

| exit code | means |
|---:|---|
| 0 | success; codes in the output are warnings |
| ${EXIT_CODES.failed} | a check or an expectation failed |
| ${EXIT_CODES.refused} | the input is wrong: a spec, a file or a flag |
| ${EXIT_CODES.missing} | the device is not available |
| ${EXIT_CODES.defect} | a bug in ecagen |
`;

const RULES = `### Rules

Constraints that the JSON Schema can't express; the exit code is ${EXIT_CODES.refused}.
`;

/** docs/diagnostics.md: every code, what it means and how to fix it. */
export function diagnosticsDocs(): string {
  const sections = Object.entries<CodeFamily>(diagnosticCodes).map(([name, family]) => {
    const rows = (Object.keys(EXIT_CODES) as readonly DiagnosticKind[]).flatMap((kind) =>
      Object.entries(family[kind] ?? {}).map(([word, explanation]) => [
        `\`${name}/${word}\``,
        kind === "warned" ? "warning" : String(EXIT_CODES[kind]),
        ...explanation,
      ]),
    );
    const table = markdownTable(["code", "exit code", "meaning", "fix"], rows);
    return [`## ${family.about}\n`, table, ...(name === "spec" ? [RULES, rules()] : [])].join("\n");
  });
  return [INTRODUCTION, ...sections].join("\n");
}

function rules(): string {
  return markdownTable(
    ["code", "rule", "fix"],
    specRules.map(({ name, doc, remedy }) => [`\`spec/${name}\``, doc, remedy]),
  );
}
