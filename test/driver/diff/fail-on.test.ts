import { suite } from "uvu";
import * as assert from "uvu/assert";
import { InputError } from "../../../src/base/diagnostic.js";
import { failedConditions, failOnOf } from "../../../src/driver/diff/fail-on.js";
import { throwsError } from "../../throws.js";

const test = suite("driver: conditions under which a diff fails");

const of = (a: number, b: number) => ({ a, b, delta: b - a, percent: null });
const DIFF = {
  a: "old.json",
  b: "new.json",
  parameters: of(1_000_000, 1_010_000),
  attentionParameters: of(0, 76),
  buffers: of(500, 500),
  macs: of(2e9, 1.5e9),
  changes: [
    { kind: "attention-removed", at: "/stages/0/attention", before: "se", after: null, parametersDelta: -8 },
    { kind: "attention-removed", at: "/stages/1/attention", before: "se", after: null, parametersDelta: -8 },
    { kind: "layer-changed", at: "/head", before: "relu", after: "silu", parametersDelta: 0 },
  ],
} as const;

/** Which of these conditions hold. */
const holding = (...texts: readonly string[]): readonly string[] =>
  failedConditions(texts.map(failOnOf), DIFF).map(({ condition }) => condition);

test("a change in percent, exactly and not as it is printed", () => {
  assert.equal(holding("parameters>+1%", "parameters>+0.99%", "parameters>=+1%"), [
    "parameters>+0.99%",
    "parameters>=+1%",
  ]);
  assert.equal(holding("macs<-24.9%", "macs<-25%", "macs<=-25%"), ["macs<-24.9%", "macs<=-25%"]);
  // Out of nothing, any number is more than any part.
  assert.equal(holding("attentionParameters>+1000000%", "buffers>+0%", "buffers<+0%"), [
    "attentionParameters>+1000000%",
  ]);
});

test("a change, and the number itself", () => {
  assert.equal(holding("parameters>+0", "parameters>+9999", "parameters>+10k", "parameters<-1"), [
    "parameters>+0",
    "parameters>+9999",
  ]);
  assert.equal(holding("macs > 1.4G", "macs>1.5e9", "macs>=1.5G", "macs<-0.4G", "parameters<1.1M"), [
    "macs > 1.4G",
    "macs>=1.5G",
    "macs<-0.4G",
    "parameters<1.1M",
  ]);
});

test("kinds of change, one or all that a star stands for", () => {
  assert.equal(holding("attention-removed", "attention-*", "attention-added", "*"), [
    "attention-removed",
    "attention-*",
    "*",
  ]);
});

test("the reason says the numbers, or the first place", () => {
  const reasons = failedConditions(
    ["parameters>+0", "attention-*", "attentionParameters>1"].map(failOnOf),
    DIFF,
  );
  assert.equal(reasons, [
    {
      condition: "parameters>+0",
      reason: "new.json has 1,010,000 parameters, old.json has 1,000,000: +10,000 (+1.00 %)",
    },
    { condition: "attention-*", reason: "new.json: attention-removed at /stages/0/attention, and 1 more" },
    {
      condition: "attentionParameters>1",
      reason: "new.json has 76 parameters of attention, old.json has 0: +76",
    },
  ]);
});

test("what is no condition is refused with what may be meant", () => {
  const refused: readonly (readonly [string, RegExp, RegExp])[] = [
    ["paramters>+1%", /there is no number paramters/, /did you mean "parameters"/],
    ["parameters>1%", /a change in percent has a sign/, /parameters>\+1%/],
    ["attention-remove", /neither a bound.*nor a kind of change/, /attention-removed/],
    ["parameters", /neither a bound/, /known: |did you mean/],
    ["parameters>", /neither a bound/, /./],
    ["", /neither a bound/, /./],
  ];
  for (const [text, message, hint] of refused)
    throwsError(() => failOnOf(text), InputError, message, { code: "cli/usage", hint });
});

test.run();
