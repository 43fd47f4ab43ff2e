import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SPEC_RULES } from "../../../src/base/diagnostic-codes/specs.js";
import { BLOCK_TYPES } from "../../../src/language/blocks/registry.js";
import { specRules } from "../../../src/language/rules/registry.js";

const test = suite("spec rules: registry");

test("every rule has a file of its name, and a test of that name", () => {
  const names: readonly string[] = specRules.map(({ name }) => name).sort();
  assert.equal(names, [...SPEC_RULES].sort());
  const files = readdirSync("src/language/rules").map((file) => file.replace(".ts", ""));
  assert.equal(files.filter((file) => file !== "registry" && file !== "rule").sort(), names);
  const tests = readdirSync("test/language/rules").filter((file) => file.endsWith(".test.ts"));
  assert.equal(tests.map((file) => file.replace(".test.ts", "")).sort(), [...names, "registry"].sort());
});

/** What a rule needs of a block, its type states (`facts`): a rule that named types would have nothing to say of a new one. */
test("no rule names a type of blocks", () => {
  const naming = readdirSync("src/language/rules").filter((file) => {
    const text = readFileSync(`src/language/rules/${file}`, "utf8");
    return BLOCK_TYPES.some((type) => text.includes(`"${type}"`));
  });
  assert.equal(naming, []);
});

test.run();
