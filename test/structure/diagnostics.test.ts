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
    Object.entries(words).map(([word, [meaning, mend]]) => ({ code: `${name}/${word}`, meaning, mend })),
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

test("no code is listed twice, and each says in sentences what it means and how to mend it", () => {
  const codes = entries.map(({ code }) => code);
  assert.equal(
    codes.filter((code, i) => codes.indexOf(code) !== i),
    [],
  );
  const rules = specRules.map(({ name, doc, mend }) => ({ code: `spec/${name}`, meaning: doc, mend }));
  const isSentence = (text: string): boolean => /^([A-Z`]|ecagen).*\.$/.test(text);
  assert.equal(
    [...entries, ...rules]
      .filter(({ meaning, mend }) => !isSentence(meaning) || !isSentence(mend) || meaning === mend)
      .map(({ code }) => code),
    [],
  );
  const page = readFileSync("docs/diagnostics.md", "utf8");
  assert.equal(
    [...entries, ...rules].filter(({ code, mend }) => {
      const row = page.split("\n").find((line) => line.startsWith(`| \`${code}\` |`));
      return row === undefined || !row.replaceAll("\\|", "|").endsWith(`| ${mend} |`);
    }),
    [],
  );
});

test.run();
