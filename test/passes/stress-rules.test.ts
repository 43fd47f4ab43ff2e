import { suite } from "uvu";
import * as assert from "uvu/assert";
import { randomStream } from "../../src/base/random.js";
import type { OpOf } from "../../src/ir/graph.js";
import { isOpName, type OpName } from "../../src/ir/ops/registry.js";
import type { StressRule } from "../../src/ir/stress/layers.js";
import type { Moments } from "../../src/ir/stress/moments.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { concreteDims, elementCount } from "../../src/ir/types.js";
import { stressRules } from "../../src/passes/stress-weights/rules.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { allCases, POSITIVE } from "../onnx/cases.js";

/**
 * The power that the rule of each op expects of its result, as a part of what is measured on numbers of those moments:
 * for every case of an op without parameters, so that a new op comes in by its cases.
 */
const test = suite("passes: the power that stress rules expect");

/** As behind an activation: a mean, channels that differ, and more variation from place to place. */
const X = { power: 1.5, steady: 0.5, mean: 0.4 } as const satisfies Moments;
/** Of an operand after the first: other numbers, so that a rule that forgets it is seen. */
const Y = { power: 0.9, steady: 0.6, mean: -0.5 } as const satisfies Moments;
const IMAGES = 400;

/** Of so many numbers the measured power is as exact as this. */
const TOLERANCE = 0.07;

/** Rules that know less than they would have to, by case: what they expect as a part of what is so. */
const APPROXIMATE: Readonly<Record<string, number>> = {
  // A pooling over channels, or a sum of three, as if their means were drawn anew.
  ...{
    "reduce_mean 1": 0.62,
    "reduce_max 0": 0.83,
    "reduce_max 1": 0.84,
    "reduce_sum 0": 1.64,
    "sum 0": 0.67,
    "max 0": 1.68,
  },
  // The smallest as if it were the largest, of numbers whose mean is positive.
  ...{ "reduce_min 0": 1.63, "min 0": 1.43 },
  // By the operands, not by how much each has.
  "concat 0": 0.89,
  // Windows over the edge.
  ...{ "avg_pool 0": 0.92, "avg_pool 1": 0.84, "max_pool 0": 1.09, "max_pool 1": 1.18 },
  // Between two places there is less power than at them.
  "resize 1": 1.52,
  // Equal shares, and their logarithm.
  ...{ "softmax 0": 0.52, "softmax 1": 0.6, "softmax 2": 0.44, "log_softmax 0": 0.76, "log_softmax 1": 0.67 },
  // Numbers of both signs, where these have a mean.
  ...{ "matmul 0": 0.66, "matmul 1": 0.42 },
  // Operands that are positive here.
  ...{ "sqrt 0": 0.66, "log 0": 4.41, "reciprocal 0": 0.72 },
  // The fraction is cut off.
  ...{ "cast 2": 1.86, "cast 3": 1.86 },
  "reduce_prod 0": 0.0325,
  // A few large numbers have most of the power.
  "exp 1": 1.16,
};

/** What has sizes and indices, which no weights follow. */
const INDICES: ReadonlySet<OpName> = new Set(["shape", "nonzero", "non_max_suppression", "top_k"]);

/** Numbers of these moments; those that must be positive are their absolute values, and one half more. */
function drawn(dims: readonly number[], name: string, { power, steady, mean }: typeof X | typeof Y): Tensor {
  const stream = randomStream(1, name);
  const places = elementCount(dims.slice(2));
  const data = new Float64Array(elementCount(dims));
  let channel = 0;
  for (let i = 0; i < data.length; i++) {
    if (i % places === 0) channel = mean + Math.sqrt(steady - mean ** 2) * stream.normal();
    const x = channel + Math.sqrt(power - steady) * stream.normal();
    data[i] = name.startsWith(POSITIVE) ? Math.abs(x) + 0.5 : x;
  }
  return { dims, data };
}

function ruleOf(name: string): StressRule<OpName> {
  if (!isOpName(name)) throw new Error(`${name} is no op`);
  // Each op meets its own rule, which TypeScript doesn't see.
  return stressRules[name] as StressRule<OpName>;
}

const counts = new Map<string, number>();
for (const { op: name, graph, label } of allCases()) {
  const [op, ...others] = graph.ops;
  const hasParameters = op?.operands.some(({ kind }) => kind !== "input");
  if (op === undefined || others.length > 0 || hasParameters || INDICES.has(name)) continue;
  const index = counts.get(name) ?? 0;
  counts.set(name, index + 1);
  test(`${name} ${index}`, () => {
    const inputs = graph.inputs.map((input, i) => {
      const dims = concreteDims(input.type.dims, { N: IMAGES });
      return [input.name, drawn(dims, input.name, i === 0 ? X : Y)] as const;
    });
    const [result] = evaluateGraph(graph, new Map(inputs), () => assert.unreachable() as never).values();
    const numbers = result?.data ?? new Float64Array();
    const measured = numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length;
    const ratio =
      ruleOf(name)(op as OpOf<OpName>, X, graph.inputs.length > 1 ? Y : X).result.power / measured;
    const expected = APPROXIMATE[`${name} ${index}`] ?? 1;
    assert.ok(
      Math.abs(ratio / expected - 1) < TOLERANCE,
      `it expects ${ratio.toPrecision(3)} of the power: ${label}`,
    );
  });
}

test("the ops without parameters are there", () => assert.ok(counts.size > 40, `${counts.size}`));

test.run();
