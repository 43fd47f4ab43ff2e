import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ecagen } from "./run-cli.js";

/**
 * Broken specs as a user meets them: a diagnostic with a place, exit code 2 (1 for a missed expectation), no
 * stack trace, no output file. What exactly is said is tested in test/language/broken-specs.test.ts.
 */
const STAGE = { block: "inverted-residual", kernel: 3, stride: 1, channels: 16, expansion: 4 };
const GOOD = {
  name: "x",
  input: { channels: 3, height: 32, width: 32 },
  stem: { channels: 16, kernel: 3, stride: 2 },
  stages: [STAGE],
  head: { channels: 64, classes: 10 },
};
const stage = (change: object): object => ({ ...GOOD, stages: [{ ...STAGE, ...change }] });

const BROKEN: Readonly<Record<string, { text: string | object; code?: number; says: RegExp }>> = {
  "syntax error": { text: '{ "name": "x",, }', says: /expected a key/ },
  "wrong type": {
    text: { ...GOOD, stem: { ...GOOD.stem, channels: "16" } },
    says: /expected integer, got text/,
  },
  "unknown key": { text: stage({ kernal: 3 }), says: /unknown key "kernal"/ },
  "unknown block": { text: stage({ block: "inverted-residul" }), says: /unknown block/ },
  "even kernel": { text: stage({ kernel: 4 }), says: /must be odd/ },
  "even k": { text: stage({ attention: { type: "eca", kernel: 4 } }), says: /must be odd/ },
  "zero repeat": { text: stage({ repeat: 0 }), says: /at least 1/ },
  "stride 3 on 1x1": { text: stage({ kernel: 1, stride: 3 }), says: /skips pixels/ },
  "groups that don't divide": {
    text: { ...GOOD, stages: [{ block: "conv-norm-act", kernel: 3, stride: 1, channels: 24, groups: 5 }] },
    says: /must divide/,
  },
  "missing extends": { text: { extends: "nope.json" }, says: /there is no file/ },
  "circular extends": { text: { extends: "broken.json" }, says: /in a circle/ },
  "wrong expect": { text: { ...GOOD, expect: { parameters: 1 } }, code: 1, says: /expects 1 parameters/ },
  "huge channels": { text: stage({ channels: 1e9 }), says: /at most 65536/ },
  NaN: { text: JSON.stringify(GOOD).replace('"kernel":3', '"kernel":NaN'), says: /no JSON value/ },
  infinity: { text: JSON.stringify(GOOD).replace('"kernel":3', '"kernel":1e999'), says: /too large/ },
  "duplicate key": { text: '{ "name": "x", "name": "y" }', says: /is twice/ },
  __proto__: { text: `{ "__proto__": {}, ${JSON.stringify(GOOD).slice(1)}`, says: /not allowed/ },
  "empty file": { text: "", says: /empty/ },
  "10 MB of brackets": { text: "[".repeat(10e6), says: /nested/ },
  "a hundred thousand mistakes": {
    text: { ...GOOD, passes: Array.from({ length: 100_000 }, () => "nope") },
    says: /error: 99,901 more of them, which are not shown \[ecagen\/more\]/,
  },
  "a name as long as a file": { text: { ...GOOD, name: "n".repeat(100_000) }, says: /nnn \[…\] nnn/ },
  "wrong pass name": { text: { ...GOOD, passes: [{ pass: "swap-atention" }] }, says: /unknown pass/ },
  "wrong pass option": {
    text: { ...GOOD, passes: [{ pass: "remove-attention", too: 1 }] },
    says: /unknown option/,
  },
  "a pass that finds nothing": {
    text: { ...GOOD, passes: [{ pass: "swap-attention", from: "se", to: { type: "eca" } }] },
    says: /no gate of the kind "se"/,
  },
};

const test = suite("cli: broken specs");
let folder = "";
test.before.each(() => {
  folder = mkdtempSync(join(tmpdir(), "ecagen-broken-"));
});
test.after.each(() => rmSync(folder, { recursive: true, force: true }));

function expectRefusal(spec: string, code: number, says: RegExp): void {
  const output = join(folder, "out.onnx");
  const run = ecagen(["compile", spec, "-o", output]);
  assert.is(run.code, code, run.stderr);
  assert.match(run.stderr, says);
  assert.match(run.stderr, /error: .* \[[a-z]+\/[a-z-]+\]/);
  assert.ok(run.stderr.length < 100_000, `${run.stderr.length} characters flood the terminal`);
  assert.not.match(run.stdout + run.stderr, /^\s+at .*:\d+:\d+\)?$/m, "no stack trace");
  assert.not(existsSync(output), "no output file");
}

for (const [name, { text, code = 2, says }] of Object.entries(BROKEN)) {
  test(`${name}: exit code ${code}`, () => {
    const spec = join(folder, "broken.json");
    writeFileSync(spec, typeof text === "string" ? text : JSON.stringify(text, null, 2));
    expectRefusal(spec, code, says);
  });
}

test("a folder in place of a file: exit code 2", () => {
  const spec = join(folder, "folder.json");
  mkdirSync(spec);
  expectRefusal(spec, 2, /is a folder/);
});

test("what these specs are broken copies of compiles", () => {
  const spec = join(folder, "good.json");
  writeFileSync(spec, JSON.stringify(GOOD));
  assert.is(ecagen(["compile", spec, "-o", join(folder, "good.onnx")]).code, 0);
});

test.run();
