import { suite, type Test } from "uvu";
import * as assert from "uvu/assert";
import type { SpecRule } from "../../../src/language/rules/rule.js";
import { blocksOf, problems, specText } from "../support.js";

/** Stages, and more keys of the spec. */
type Example = readonly [stages: readonly string[], more?: readonly string[]];

/** Stages, more keys, and path, place and message of everything that is said of them. */
type WrongExample = readonly [stages: readonly string[], more: readonly string[], says: readonly string[]];

interface RuleExamples {
  readonly fine: readonly Example[];
  readonly wrong: readonly WrongExample[];
}

export const ir = (more: string): string =>
  `{ "block": "inverted-residual", "channels": 16, "expansion": 4, ${more} }`;
export const conv = (more: string): string => `{ "block": "conv-norm-act", "channels": 24, ${more} }`;

/** The tests of one rule: what it accepts, and what it says of what it refuses; no other rule may say anything. */
export function ruleSuite({ name, doc }: SpecRule, { fine, wrong }: RuleExamples): Test {
  const test = suite(`spec rules: ${name}`);

  test("has a reason and examples of both sides", () => {
    assert.match(doc, /\.$/);
    assert.ok(fine.length > 0 && wrong.length > 0);
  });

  for (const [stages, more] of fine) {
    test(`${stages.join(", ")} is fine`, () => {
      assert.ok(blocksOf(stages, more).length > 0);
    });
  }

  for (const [stages, more, says] of wrong) {
    test(`${stages.join(", ")} is not`, () => {
      const found = problems(specText(stages, more));
      assert.equal(
        found.map(({ path, line, column, message }) => `${path} ${line}:${column} ${message}`),
        says,
      );
      assert.equal([...new Set(found.map((each) => each.code))], [`spec/${name}`]);
    });
  }
  return test;
}
