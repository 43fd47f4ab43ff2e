import * as fc from "fast-check";
import type { JsonSchema } from "../../src/language/json-schema.js";

/** Integers and numbers by the key that has them, where the schema's own range would make networks too large. */
const BY_KEY: Readonly<Record<string, fc.Arbitrary<number>>> = {
  repeat: fc.integer({ min: 1, max: 2 }),
  kernel: fc.constantFrom(1, 3, 3, 5, 7),
  kernels: fc.constantFrom(1, 3, 5, 7),
  shortcutKernel: fc.constantFrom(1, 3),
  stride: fc.constantFrom(1, 1, 2, 2, 3),
  dilation: fc.integer({ min: 1, max: 3 }),
  channels: fc.integer({ min: 1, max: 24 }),
  minChannels: fc.integer({ min: 1, max: 24 }),
  deep: fc.integer({ min: 1, max: 12 }),
  groups: fc.constantFrom(1, 2, 3, 4),
  groupSize: fc.constantFrom(1, 2, 3, 4),
  expandGroups: fc.constantFrom(1, 2, 3),
  projectGroups: fc.constantFrom(1, 2, 3),
  expansion: between(0.5, 4),
  bottleneckRatio: between(0.1, 1),
  reduceRatio: between(0.1, 1),
  ratio: between(0.05, 1),
  reduction: fc.constantFrom(1, 2, 4, 8, 16),
  divisor: fc.constantFrom(1, 2, 4, 8),
  classes: fc.constantFrom(1, 1, 2, 2, 3, 10, 17),
  epsilon: between(-8, -1).map((power) => Number((10 ** power).toPrecision(2))),
  gamma: between(0.5, 4),
  b: between(-2, 4),
  depth: between(0.5, 2),
  heads: fc.constantFrom(1, 2, 4),
  keysPerHead: fc.integer({ min: 1, max: 8 }),
  blocks: fc.nat({ max: 2 }),
  stage: fc.nat({ max: 3 }),
  times: fc.nat({ max: 2 }),
  pads: fc.integer({ min: -1, max: 2 }),
  padding: fc.nat({ max: 3 }),
  factor: between(-2, 2),
  dropPath: between(0, 0.5),
};

/** Those that mean something else under the same key elsewhere. */
const BY_PATH: Readonly<Record<string, fc.Arbitrary<number>>> = {
  "input.channels": fc.integer({ min: 1, max: 4 }),
  "input.height": fc.integer({ min: 8, max: 32 }),
  "input.width": fc.integer({ min: 8, max: 32 }),
  "scaling.width": between(0.5, 2),
};

/** Integers or numbers that a place may have, as the schema says or smaller. */
export function numbersOf(path: readonly string[], schema: JsonSchema): fc.Arbitrary<number> {
  const known = BY_PATH[path.join(".")] ?? BY_KEY[path.at(-1) ?? ""];
  if (known !== undefined) return known;
  const { type, minimum: least = 0, maximum = least + 8, exclusiveMinimum, exclusiveMaximum } = schema;
  const below = typeof exclusiveMaximum === "number" ? exclusiveMaximum * 0.99 : maximum;
  const most = Math.min(maximum, below, least + 8);
  return type === "integer"
    ? fc.integer({ min: least, max: Math.floor(most) })
    : between(exclusiveMinimum === undefined ? least : most / 100, most);
}

/** Numbers that a person could have written, unlike those of `fc.double`, which are mostly next to a limit. */
function between(min: number, max: number): fc.Arbitrary<number> {
  return fc
    .integer({ min: 0, max: 1000 })
    .map((step) => Number((min + ((max - min) * step) / 1000).toPrecision(3)));
}

/** Expressions that are true or false in a definition whose stages have a field `wide`. */
const conditions = fc.constantFrom(
  "true",
  "false",
  "index == 0",
  "stride == 1 and inputChannels == channels",
  "not (wide > 1)",
  "stage > 0 or repeat < 2",
);

/** Expressions of numbers. */
const amounts = fc.constantFrom(
  "in",
  "inputChannels",
  "channels",
  "wide * in",
  "max(1, floor(in / 2))",
  "divisible(in * 1.5, 4)",
  "stride",
  "index == 0 ? stride : 1",
  "3",
);

const pipelines = fc.constantFrom(
  "swap-attention{to=eca}",
  "swap-attention{from=se,to=eca},fold-batch-norm",
  "strip-training,fold-batch-norm,lower-attention,lower-activation,simplify",
  "lower-attention{strategy=cpu}",
  "lower-attention{strategy=gpu},eliminate-dead-code",
);

const blockStrings = fc
  .record({
    word: fc.constantFrom("ir", "ds", "dsa", "er", "cn"),
    repeat: fc.integer({ min: 1, max: 2 }),
    kernel: fc.constantFrom(1, 3, 5),
    stride: fc.constantFrom(1, 2),
    expansion: fc.integer({ min: 1, max: 4 }),
    channels: fc.integer({ min: 4, max: 24 }),
    more: fc.constantFrom("", "_se0.25", "_se0.5_nre", "_nhs", "_noskip", "_gs2"),
  })
  .map(({ word, repeat, kernel, stride, expansion, channels, more }) => {
    const wide = word === "ir" || word === "er" ? `_e${expansion}` : "";
    return `${word}_r${repeat}_k${kernel}_s${stride}${wide}_c${channels}${more}`;
  });

const levels = fc.constantFrom("C0", "C1", "C2", "C3", "C4");

/** Texts that are no words of the schema, by the key that has them. */
const TEXTS: Readonly<Record<string, fc.Arbitrary<string>>> = {
  when: conditions,
  residual: conditions,
  name: fc.constantFrom("one", "two", "three", "four", "five", "six"),
  features: levels,
  level: levels,
  passes: pipelines,
  stages: blockStrings,
};

/** Texts that a place may have: where the schema takes an expression in place of a number, that. */
export function textsOf(path: readonly string[]): fc.Arbitrary<string> {
  return TEXTS[path.at(-1) ?? ""] ?? amounts;
}
