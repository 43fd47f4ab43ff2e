import { suite } from "uvu";
import * as assert from "uvu/assert";
import { parseBudget } from "../../src/base/budget.js";
import { InputError } from "../../src/base/diagnostic.js";
import { throwsError } from "../throws.js";

const test = suite("base: budgets");

for (const [text, budget] of [
  ["cosine=0.999", { kind: "cosine", least: 0.999 }],
  ["cosine=1", { kind: "cosine", least: 1 }],
  ["parameters=20000", { kind: "parameters", most: 20000, relative: false }],
  ["parameters=-80%", { kind: "parameters", most: 0.2, relative: true }],
  ["metric=95.5", { kind: "metric", least: 95.5, relative: false }],
  ["metric=-0.4", { kind: "metric", least: -0.4, relative: true }],
] as const) {
  test(text, () => {
    const { kind, ...rest } = parseBudget(text);
    assert.is(kind, budget.kind);
    for (const [key, value] of Object.entries(budget)) {
      const actual = { kind, ...rest }[key as "kind"] as unknown;
      if (typeof value === "number")
        assert.ok(Math.abs(Number(actual) - value) < 1e-12, `${key} is ${actual}`);
      else assert.is(actual, value);
    }
  });
}

for (const text of [
  "",
  "cosine",
  "cosine=",
  "cosine=1.5",
  "cosine=0",
  "cosine=99%",
  "cosine=0.9=1",
  "parameters=80%",
  "parameters=-120%",
  "parameters=1.5",
  "parameters=-5",
  "metric=x",
  "metric=5%",
  "speed=1",
  "cosine=0x1",
]) {
  test(`${JSON.stringify(text)} is refused`, () => {
    throwsError(() => parseBudget(text), InputError, /--budget .* is not a budget/, {
      code: "rewrite/budget",
      hint: /cosine=0.999/,
    });
  });
}

test.run();
