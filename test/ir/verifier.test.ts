import { suite } from "uvu";
import * as assert from "uvu/assert";
import { freezeGraph } from "../../src/ir/builder.js";
import type { Graph, Op, Parameter, Result, Value } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { tensorType } from "../../src/ir/types.js";
import { verifyGraph } from "../../src/ir/verifier.js";
import { constantWeight } from "../../src/ir/weight.js";

const test = suite("ir: verifier");

const VALID = parseGraph(`graph "g" {
  input %x : float32[N, 4]
  trainable @w = constant([3, 4], 1)
  %a : float32[N, 3] = gemm(%x, @w) loc(/a)
  %b : float32[N, 3] = relu(%a) loc(/b)
  %y : float32[N, 3] = clip(%b) {low = 0, high = 1} loc(/y)
  return %y
}`);

const [gemm, relu, clip] = VALID.ops as readonly [Op, Op, Op];

function withOps(ops: readonly Op[]): Graph {
  return freezeGraph({ ...VALID, ops });
}

/** The violations of a graph, each as `place: message`. */
function violations(graph: Graph): readonly string[] {
  return verifyGraph(graph).map(({ at, message }) => `${at}: ${message}`);
}

/** An op with something else in it, whether that makes sense or not. */
function changed(op: Op, change: { readonly [K in keyof Op]?: unknown }): Op {
  return { ...op, ...change } as Op;
}

function named(value: Value | undefined, name: string): Value {
  return { ...value, name } as Value;
}

test("a valid graph has none", () => {
  assert.equal(verifyGraph(VALID), []);
});

test("a value is used before it is defined", () => {
  assert.equal(violations(withOps([relu, gemm, clip])), ["relu at /b: a is used before it is defined"]);
});

test("a value of another graph is not defined in this one, even under its name", () => {
  const stranger: Result = { kind: "result", name: "a", type: tensorType(["N", 3]) };
  assert.equal(violations(withOps([gemm, changed(relu, { operands: [stranger] }), clip])), [
    "relu at /b: a is used before it is defined",
  ]);
});

test("a result is defined twice", () => {
  assert.equal(violations(withOps([gemm, relu, relu, clip])), ["relu at /b: b is defined twice"]);
});

test("two values have one name", () => {
  const second = changed(relu, { results: [named(relu.results[0], "a")], loc: { scope: "/c" } });
  assert.equal(violations(withOps([gemm, relu, clip, second])), ["relu at /c: the name a is taken twice"]);
  const parameter = gemm.operands[1] as Parameter;
  const third = changed(gemm, {
    operands: [gemm.operands[0], { ...parameter }],
    results: [named(gemm.results[0], "c")],
    loc: { scope: "/c" },
  });
  assert.equal(violations(withOps([gemm, relu, clip, third])), ["gemm at /c: the name w is taken twice"]);
});

test("an op is unknown", () => {
  assert.equal(violations(withOps([gemm, changed(relu, { kind: "swish" }), clip])), [
    "swish at /b: unknown op swish",
  ]);
});

test("attributes are missing, unknown or wrong", () => {
  assert.match(
    violations(withOps([gemm, relu, changed(clip, { attributes: { low: 0 } })]))[0] ?? "",
    "attributes:",
  );
  assert.match(
    violations(withOps([gemm, changed(relu, { attributes: { slope: 1 } }), clip]))[0] ?? "",
    "slope",
  );
});

test("attributes don't go together", () => {
  assert.equal(violations(withOps([gemm, relu, changed(clip, { attributes: { low: 2, high: 1 } })])), [
    "clip at /y: low (2) is above high (1)",
  ]);
});

test("operands are too few or too many", () => {
  assert.equal(violations(withOps([changed(gemm, { operands: gemm.operands.slice(0, 1) }), relu, clip])), [
    "gemm at /a: takes the operands x, weight, bias?, has 1",
  ]);
  assert.equal(
    violations(withOps([gemm, changed(relu, { operands: [gemm.results[0], gemm.results[0]] }), clip])),
    ["relu at /b: takes the operands x, has 2"],
  );
});

test("operands are of the wrong type", () => {
  const narrow = {
    ...(gemm.operands[1] as Parameter),
    type: tensorType([3, 5]),
    data: constantWeight([3, 5], 1),
  };
  assert.equal(violations(withOps([changed(gemm, { operands: [gemm.operands[0], narrow] }), relu, clip])), [
    "gemm at /a: weight takes 5 inputs, x has 4",
  ]);
});

test("a result's type is not what is inferred", () => {
  const wrong = { ...(relu.results[0] as Result), type: tensorType(["N", 4]) };
  assert.equal(
    violations(freezeGraph({ ...withOps([gemm, changed(relu, { results: [wrong] })]), outputs: [wrong] })),
    ["relu at /b: b is float32[N, 4], inferred float32[N, 3]"],
  );
});

test("results are missing or too many", () => {
  const none = freezeGraph({ ...withOps([gemm, changed(relu, { results: [] })]), outputs: gemm.results });
  assert.equal(violations(none), ["relu at /b: result 0 is missing"]);
  const extra: Result = { kind: "result", name: "extra", type: tensorType([1]) };
  assert.equal(violations(withOps([gemm, changed(relu, { results: [...relu.results, extra] }), clip])), [
    "relu at /b: has 2 results, inferred 1",
  ]);
});

test("a parameter's data has other sizes than the parameter", () => {
  const wrong = { ...(gemm.operands[1] as Parameter), data: constantWeight([4, 3], 1) };
  assert.equal(violations(withOps([changed(gemm, { operands: [gemm.operands[0], wrong] }), relu, clip])), [
    "gemm at /a: w is float32[3, 4] and its data has [4, 3]",
  ]);
});

test("an output is not defined, or there is none", () => {
  assert.equal(violations(withOps([gemm, relu])), ["output y: is not defined in the graph"]);
  assert.equal(violations(freezeGraph({ ...VALID, outputs: [] })), ["the graph: has no output"]);
});

test("all violations come at once, with their ops", () => {
  const broken = [gemm, changed(relu, { kind: "swish" }), changed(clip, { attributes: {} })];
  assert.equal(
    verifyGraph(withOps(broken)).map(({ op }) => op?.loc.scope),
    ["/b", "/y"],
  );
});

test.run();
