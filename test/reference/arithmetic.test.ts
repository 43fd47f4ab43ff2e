import { suite } from "uvu";
import * as assert from "uvu/assert";
import { evaluateOp } from "../../src/ir/op.js";
import { definitionOf, type OpName } from "../../src/ir/ops/registry.js";
import { parseGraph } from "../../src/ir/parse.js";
import { type Arithmetic, heldIn } from "../../src/reference/arithmetic.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";

const test = suite("reference: arithmetic");
const held = (arithmetic: Arithmetic, x: number): number =>
  heldIn(arithmetic, { dims: [1], data: Float64Array.of(x) }, "float32").data[0] ?? Number.NaN;

test("numbers are held to 53, 24 or 11 bits", () => {
  const x = 1 + 2 ** -12 + 2 ** -25 + 2 ** -50;
  assert.is(held("float64", x), x);
  assert.is(held("float32", x), Math.fround(x));
  assert.is(held("tf32", 1 + 2 ** -10 + 2 ** -12), 1 + 2 ** -10);
  assert.is(held("float16", 1 + 2 ** -10 + 2 ** -12), 1 + 2 ** -10);
  assert.is(held("float16", 2.6 * 2 ** -24), 3 * 2 ** -24, "subnormal in float16");
  assert.is(held("tf32", 2 ** -30), 2 ** -30, "and not in tf32");
  assert.is(held("float16", 1e6), 999936, "no overflow");
  assert.is(held("float16", Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
  assert.ok(Number.isNaN(held("float16", Number.NaN)));
});

/** One op over a vector. */
const run = (op: string, x: readonly number[], arithmetic: Arithmetic): readonly number[] => {
  const graph = parseGraph(`graph "g" {
    input %x : float32[1, ${x.length}]
    ${op}
    return %y
  }`);
  const inputs = new Map([["x", { dims: [1, x.length], data: Float64Array.from(x) }]]);
  const outputs = evaluateGraph(graph, inputs, () => assert.unreachable() as never, undefined, arithmetic);
  return [...(outputs.get("y")?.data ?? [])];
};

test("sums are rounded to float32 as they grow, and exact in float64", () => {
  const op = "%y : float32[1, 1] = reduce_sum(%x) {axes = [1]} loc(/y)";
  const x = [2 ** 24, 1, 1];
  assert.equal(run(op, x, "float64"), [2 ** 24 + 2]);
  assert.equal(run(op, x, "float32"), [2 ** 24]);
});

/** An op's result for operands of those sizes and numbers. */
const evaluated = (
  arithmetic: Arithmetic,
  kind: OpName,
  attributes: object,
  operands: readonly (readonly [dims: readonly number[], numbers: readonly number[]])[],
): readonly number[] => {
  const definition = definitionOf(kind);
  const tensors = operands.map(([dims, numbers]) =>
    heldIn(arithmetic, { dims, data: Float64Array.from(numbers) }, "float32"),
  );
  return [...evaluateOp(definition, tensors, definition.attributes.parse(attributes)).data];
};

test("what places are to each other is held in float32 before the softmax", () => {
  const [one, zero, identity] = [
    [1, 1],
    [0, 0],
    [1, 0, 0, 1],
  ] as const;
  const layer = [
    [[2, 2, 1, 1], identity],
    [[2], zero],
  ] as const;
  const norm = [
    [[2], one],
    [[2], zero],
    [[2], zero],
    [[2], one],
  ] as const;
  // Place 0 with itself makes 2²⁴ + 1, with place 1 2²⁴.
  const x = [
    [1, 2, 1, 2],
    [2 ** 12, 2 ** 12, 1, 0],
  ] as const;
  const of = (arithmetic: Arithmetic): number =>
    evaluated(arithmetic, "attention.nl", { epsilon: 1e-30 }, [
      x,
      ...layer,
      ...layer,
      ...layer,
      ...layer,
      ...norm,
    ])[2] ?? 0;
  assert.ok(Math.abs(of("float64") - 1 - 1 / (1 + Math.exp(-1))) < 1e-12);
  assert.is(of("float32"), 1.5);
});

test("a sigmoid near zero is as inexact in float32 as numbers around 1, in a gate too", () => {
  const op = (kind: string): string => `%y : float32[1, 1] = ${kind}(%x) loc(/y)`;
  const exact = 1 / (1 + Math.exp(16));
  assert.equal(run(op("sigmoid"), [-16], "float64"), [exact]);
  const off = ([y = 0]: readonly number[], from: number): number => Math.abs(y - from) * 2 ** 25;
  assert.ok(Math.abs(off(run(op("sigmoid"), [-16], "float32"), exact) - 1) < 1e-6, "half a step of 2⁻²⁴");
  assert.ok(Math.abs(off(run(op("silu"), [-16], "float32"), -16 * exact) - 16) < 1e-5, "of 16 · 2⁻²⁴");
  const gated = evaluated("float32", "attention.se-var1", {}, [[[1, 1, 1, 1], [-16]]]);
  assert.ok(Math.abs(off(gated, -16 * exact) - 16) < 1e-5, "a gate");
  const [elu = 0] = run(op("elu"), [-(2 ** -10)], "float32");
  assert.ok(Math.abs(off([elu], Math.expm1(-(2 ** -10))) - 1) < 1e-2, "exp(x) - 1");
});

test("half a step off even where the result is nearly a whole one, and exact where a function is cut off", () => {
  const op = (kind: string): string => `%y : float32[1, 1] = ${kind}(%x) loc(/y)`;
  const whole = -Math.log(2 ** 22 - 1);
  const [near = 0] = run(op("sigmoid"), [whole], "float32");
  assert.ok(Math.abs(near - 2 ** -22) > 2 ** -26, "2⁻²², in float32 four whole steps");
  for (const [kind, x, y] of [
    ["hard_sigmoid", -4, 0],
    ["hard_sigmoid", 4, 1],
    ["hard_swish", 5, 5],
  ] as const) {
    assert.equal(run(op(kind), [x], "float32"), [y], kind);
  }
});

test.run();
