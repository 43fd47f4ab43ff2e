import * as fc from "fast-check";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, Loc, ParameterRole, Value } from "../../src/ir/graph.js";
import { elementCount, tensorType } from "../../src/ir/types.js";
import {
  BINARY_WEIGHT_KINDS,
  binaryWeight,
  constantWeight,
  normalWeight,
  reshapeWeight,
  sqrtWeight,
  storedWeight,
  transposeWeight,
  uniformWeight,
  type WeightExpr,
} from "../../src/ir/weight.js";

const number = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((x) => !Object.is(x, -0)),
  fc.integer(),
);

/** Names as blocks make them, and names as files of other programs have them. */
const name = fc.oneof(
  fc.stringMatching(/^[a-z]{1,6}(\/[a-z0-9_.-]{1,4}){0,2}$/),
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.constantFrom("return", "block", "//", "%", "@x", '"', "a b", "", "1.5", "loc", "by"),
);

/** A weight expression of given sizes. */
export function weightOf(dims: readonly number[], depth = 2): fc.Arbitrary<WeightExpr> {
  const leaf = fc.oneof(
    fc.tuple(number, name).map(([std, stream]) => normalWeight(dims, std, stream)),
    fc.tuple(number, number, name).map(([low, high, stream]) => uniformWeight(dims, low, high, stream)),
    number.map((value) => constantWeight(dims, value)),
  );
  if (depth === 0) return leaf;
  const [first] = dims;
  const inner = weightOf(dims, depth - 1);
  const repeated = fc.oneof(
    inner,
    weightOf([], 0),
    ...(first === undefined ? [] : [weightOf([first], depth - 1)]),
  );
  return fc.oneof(
    { depthSize: "small" },
    leaf,
    inner.map(sqrtWeight),
    weightOf(matrixOf(dims), 0).map((of) => reshapeWeight(transposeWeight(of), dims) as WeightExpr),
    fc
      .tuple(fc.constantFrom(...BINARY_WEIGHT_KINDS), inner, repeated, fc.boolean())
      .map(([kind, a, b, turned]) => (turned ? binaryWeight(kind, b, a) : binaryWeight(kind, a, b))),
  );
}

/** The sizes of a matrix of as many elements. */
function matrixOf(dims: readonly number[]): readonly [rows: number, columns: number] {
  const [rows = 1, ...rest] = dims;
  return [rows, elementCount(rest)];
}

const loc: fc.Arbitrary<Loc> = fc.record(
  {
    scope: name.map((each) => `/${each}`),
    specPath: name,
    pass: fc.constantFrom("swap-attention", "by", "lower-activation"),
  },
  { requiredKeys: ["scope"], noNullPrototype: true },
);

const block = fc.record(
  {
    scope: name,
    type: name,
    inputChannels: fc.nat(),
    initialization: fc.constant("resnet" as const),
    specPath: name,
  },
  { requiredKeys: ["scope", "type", "inputChannels"], noNullPrototype: true },
);

const place = fc.option(fc.record({ stage: fc.nat(), index: fc.nat() }, { noNullPrototype: true }), {
  nil: {},
});

const role = fc.constantFrom<ParameterRole>("trainable", "buffer", "fixed");

const CHANNELS = 4;
const WEIGHT_DIMS = [CHANNELS, 2, 3, 3];

/** One op to add: how it reads the values there are (`pick` chooses one), and makes a new one. */
type Step = (builder: GraphBuilder, pick: (i: number) => Value) => Value;

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(fc.constantFrom("relu", "silu", "sigmoid"), fc.nat(), loc, name).map(
    ([kind, i, at, result]): Step =>
      (builder, pick) =>
        builder.op(kind as "relu", [pick(i)], {}, at, result),
  ),
  fc.tuple(fc.nat(), loc, name).map(
    ([i, at, result]): Step =>
      (builder, pick) => {
        const half = builder.op("cast", [pick(i)], { to: "float16" }, at);
        return builder.op("cast", [builder.op("relu", [half], {}, at)], { to: "float32" }, at, result);
      },
  ),
  fc.tuple(fc.constantFrom("add", "mul"), fc.nat(), fc.nat(), loc, name).map(
    ([kind, i, j, at, result]): Step =>
      (builder, pick) =>
        builder.op(kind as "add", [pick(i), pick(j)], {}, at, result),
  ),
  fc.tuple(fc.nat(), loc, name, number, fc.double({ min: 0, max: 100, noNaN: true })).map(
    ([i, at, result, low, more]): Step =>
      (builder, pick) =>
        builder.op("clip", [pick(i)], { low: low === 0 ? 0 : low, high: low + more || 0 }, at, result),
  ),
  fc.tuple(fc.nat(), loc, name, name, role, weightOf(WEIGHT_DIMS), fc.integer({ min: 1, max: 3 })).map(
    ([i, at, result, parameter, as, data, dilation]): Step =>
      (builder, pick) => {
        const weight = builder.parameterOf(parameter, data, as);
        const pads = [dilation, dilation, dilation, dilation] as [number, number, number, number];
        const attributes = { group: 2, pads, dilations: [dilation, dilation] as [number, number] };
        return builder.op("conv", [pick(i), weight], attributes, at, result);
      },
  ),
  fc.tuple(fc.nat(), loc, name, name, fc.double({ min: 0.01, max: 10, noNaN: true })).map(
    ([i, at, result, parameter, gamma]): Step =>
      (builder, pick) => {
        const weight = builder.parameterOf(parameter, normalWeight([1, 1, 3], 1, parameter), "trainable");
        const attributes = { kernel: 3, rule: "eca-net" as const, gamma };
        return builder.op("attention.eca", [pick(i), weight], attributes, at, result);
      },
  ),
);

/** A graph of feature maps of one size, with any names, weights, attributes and locations. */
export const graphs: fc.Arbitrary<Graph> = fc
  .tuple(
    name,
    fc.array(fc.tuple(block, place), { maxLength: 3 }),
    name,
    fc.array(step, { minLength: 1, maxLength: 8 }),
    fc.nat(),
  )
  .map(([graphName, blocks, input, steps, output]) => {
    const builder = new GraphBuilder(graphName);
    for (const [each, at] of blocks) builder.block({ ...each, ...at });
    const values: Value[] = [builder.input(input, tensorType(["N", CHANNELS, 5, 5]))];
    const pick = (i: number): Value => values[i % values.length] as Value;
    for (const add of steps) values.push(add(builder, pick));
    return builder.finish([...new Set([pick(output), values.at(-1) as Value])]);
  });

/** Stored numbers of the given sizes, under a label. */
export function stored(label: string, dims: readonly number[]): WeightExpr {
  return storedWeight(
    dims,
    label,
    Float32Array.from({ length: elementCount(dims) }, (_, i) => i),
  );
}
