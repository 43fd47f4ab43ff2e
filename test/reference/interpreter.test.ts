import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Defect } from "../../src/base/diagnostic.js";
import { parseGraph } from "../../src/ir/parse.js";
import type { Tensor } from "../../src/ir/tensor.js";
import {
  evaluateGraph,
  evaluateWithout,
  type ParameterSource,
  traceGraph,
} from "../../src/reference/interpreter.js";
import { throwsError } from "../throws.js";

const test = suite("reference: interpreter");

// y = relu(x · w) + x, of which relu is the op that gets left out.
const graph = parseGraph(`graph "g" {
  input %x : float32[N, 3]
  fixed @w = constant([3], -2)
  %m : float32[N, 3] = mul(%x, @w) loc(/m)
  %r : float32[N, 3] = relu(%m) loc(/r)
  %y : float32[N, 3] = add(%r, %x) loc(/y)
  return %y
}`);
const parameters: ParameterSource = () => ({ dims: [3], data: Float64Array.of(-2, -2, -2) });
const x: Tensor = { dims: [2, 3], data: Float64Array.of(1, -1, 2, -3, 0, 0.5) };
const inputs = new Map([["x", x]]);
const numbers = (outputs: ReadonlyMap<string, Tensor>): readonly number[] => [
  ...(outputs.get("y")?.data ?? []),
];

test("a graph is evaluated op by op", () => {
  assert.equal(numbers(evaluateGraph(graph, inputs, parameters)), [1, 1, 2, 3, 0, 0.5]);
});

test("the trace keeps every value", () => {
  const trace = traceGraph(graph, inputs, parameters);
  const byName = Object.fromEntries([...trace].map(([value, { data }]) => [value.name, [...data]]));
  assert.equal(byName.m, [-2, 2, -4, 6, -0, -1]);
  assert.equal(byName.r, [0, 2, 0, 6, 0, 0]);
});

test("an op left out hands on its first operand; what does not depend on it is not evaluated again", () => {
  const trace = traceGraph(graph, inputs, parameters);
  const relu = graph.ops[1];
  assert.ok(relu);
  assert.equal(numbers(evaluateWithout(graph, trace, relu, parameters)), [-1, 1, -2, 3, 0, -0.5]);
  const poisoned = new Map(
    [...trace].map(([value, tensor]) => [
      value,
      value.name === "m" ? { ...tensor, data: tensor.data.map(() => 100) } : tensor,
    ]),
  );
  assert.equal(numbers(evaluateWithout(graph, poisoned, relu, parameters)), [101, 99, 102, 97, 100, 100.5]);
});

test("memory is used again for values that are no longer needed, and for no others", () => {
  // %f and %h have the memory of their operands, %w that of a parameter; the last sum needs what came long before.
  const large = parseGraph(`graph "large" {
    input %x : float32[N, 8, 32, 32]
    fixed @p = constant([1, 8192], 0.5)
    %a : float32[N, 8, 32, 32] = sigmoid(%x) loc(/a)
    %b : float32[N, 8, 32, 32] = relu(%a) loc(/b)
    %f : float32[N, 8192] = flatten(%b) {axis = 1} loc(/f)
    %c : float32[N, 8, 32, 32] = add(%b, %a) loc(/c)
    %d : float32[N, 8, 32, 32] = mul(%c, %c) loc(/d)
    %h : float32[N, 8192] = flatten(%d) {axis = 1} loc(/h)
    %e : float32[N, 8, 32, 32] = neg(%d) loc(/e)
    %g : float32[N, 8192] = add(%f, %h) loc(/g)
    %w : float32[1, 8192] = identity(@p) loc(/w)
    %i : float32[N, 8192] = mul(%g, %w) loc(/i)
    %j : float32[N, 8, 32, 32] = add(%e, %x) loc(/j)
    %k : float32[N, 8192] = flatten(%j) {axis = 1} loc(/k)
    %y : float32[N, 8192] = add(%i, %k) loc(/y)
    return %y, %e
  }`);
  const dims = [2, 8, 32, 32];
  const numbers = Float64Array.from({ length: 2 * 8192 }, (_, i) => Math.fround(Math.sin(i)));
  const half = { dims: [1, 8192], data: new Float64Array(8192).fill(0.5) };
  const run = (arithmetic: "float64" | "float32" = "float64") =>
    evaluateGraph(large, new Map([["x", { dims, data: numbers }]]), () => half, undefined, arithmetic);
  const traced = traceGraph(large, new Map([["x", { dims, data: numbers.slice() }]]), () => half);
  const [first, coarse] = [run(), run("float32")];
  for (const outputs of [first, run()]) {
    for (const output of large.outputs) {
      assert.equal(outputs.get(output.name)?.data, traced.get(output)?.data, output.name);
    }
  }
  for (const { name } of large.outputs) {
    const [exact, rounded] = [first.get(name)?.data ?? [], coarse.get(name)?.data ?? []];
    for (let i = 0; i < exact.length; i++)
      assert.ok(Math.abs(Number(exact[i]) - Number(rounded[i])) < 1e-5, `${name} in float32`);
  }
  assert.ok(numbers.every((x, i) => x === Math.fround(Math.sin(i))));
  assert.ok(half.data.every((x) => x === 0.5));
});

test("inputs that are missing or of another size are refused", () => {
  throwsError(() => evaluateGraph(graph, new Map(), parameters), Defect, /no tensor for the input x/);
  const wrong = new Map([["x", { dims: [2, 4], data: new Float64Array(8) }]]);
  throwsError(() => evaluateGraph(graph, wrong, parameters), Defect, /the input x is \[2, 3\], got \[2, 4\]/);
});

test.run();
