import { readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { PASS_NAMES } from "../../src/passes/registry.js";

const test = suite("passes: registry");

test("every pass is run by a test of passes", () => {
  const texts = readdirSync("test/passes")
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => readFileSync(`test/passes/${file}`, "utf8"));
  const untested = PASS_NAMES.filter(
    (name) => !texts.some((text) => new RegExp(`["\`,]${name}\\b`).test(text)),
  );
  assert.equal(untested, []);
});

test.run();
