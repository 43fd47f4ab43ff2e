import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { CodeFamily } from "../../src/base/diagnostic-codes/family.js";
import { diagnosticCodes } from "../../src/base/diagnostic-codes/registry.js";
import { SPEC_RULES } from "../../src/base/diagnostic-codes/specs.js";
import { specRules } from "../../src/language/rules/registry.js";
import { sources } from "./sources.js";

/**
 * The list of diagnostics' codes and the code that uses them. A code that is used and not listed is a compile error; here, those that are
 * listed and not used, and texts that say nothing.
 */
const test = suite("structure: diagnostics");

const entries = Object.entries<CodeFamily>(diagnosticCodes).flatMap(([name, { about: _, ...kinds }]) =>
  Object.values(kinds).flatMap((words) =>
    Object.entries(words).map(([word, [meaning, remedy]]) => ({ code: `${name}/${word}`, meaning, remedy })),
  ),
);
const used = sources.filter(({ path }) => !path.startsWith("base/diagnostic-codes/"));

test("every code in the list is used", () => {
  assert.ok(entries.length > 150);
  const texts = used.map(({ text }) => text);
  const idle = entries.filter(({ code }) => !texts.some((text) => text.includes(`"${code}"`)));
  assert.equal(
    idle.map(({ code }) => code),
    [],
  );
});

test("every rule's name is that of a rule", () => {
  const rules = used.filter(({ path }) => path.startsWith("language/rules/"));
  const idle = SPEC_RULES.filter((name) => !rules.some(({ text }) => text.includes(`name: "${name}"`)));
  assert.equal(idle, []);
});

test("no code is listed twice, and each says in sentences what it means and how to fix it", () => {
  const codes = entries.map(({ code }) => code);
  assert.equal(
    codes.filter((code, i) => codes.indexOf(code) !== i),
    [],
  );
  const rules = specRules.map(({ name, doc, remedy }) => ({ code: `spec/${name}`, meaning: doc, remedy }));
  const isSentence = (text: string): boolean => /^([A-Z`]|ecagen).*\.$/.test(text);
  assert.equal(
    [...entries, ...rules]
      .filter(({ meaning, remedy }) => !isSentence(meaning) || !isSentence(remedy) || meaning === remedy)
      .map(({ code }) => code),
    [],
  );
  const page = readFileSync("docs/diagnostics.md", "utf8");
  assert.equal(
    [...entries, ...rules].filter(({ code, remedy }) => {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${code}\` |`));
      return row === undefined || !row.replaceAll("\\|", "|").endsWith(`| ${remedy} |`);
    }),
    [],
  );
});

test.run();
