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

test("inputs that are missing or of another size are refused", () => {
  throwsError(() => evaluateGraph(graph, new Map(), parameters), Defect, /no tensor for the input x/);
  const wrong = new Map([["x", { dims: [2, 4], data: new Float64Array(8) }]]);
  throwsError(() => evaluateGraph(graph, wrong, parameters), Defect, /the input x is \[2, 3\], got \[2, 4\]/);
});

test.run();
