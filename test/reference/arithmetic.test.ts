import { suite } from "uvu";
import * as assert from "uvu/assert";
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

test("a sigmoid near zero is as inexact in float32 as numbers around 1", () => {
  const op = (kind: string): string => `%y : float32[1, 1] = ${kind}(%x) loc(/y)`;
  const exact = 1 / (1 + Math.exp(16));
  assert.equal(run(op("sigmoid"), [-16], "float64"), [exact]);
  const [rounded = 0] = run(op("sigmoid"), [-16], "float32");
  assert.is(rounded, 2 ** -24 * Math.round(exact * 2 ** 24));
  const [silu = 0] = run(op("silu"), [-16], "float32");
  assert.is(silu % 2 ** -20, -0, "SiLU of -16, in steps of 16 · 2⁻²⁴");
});

test.run();
