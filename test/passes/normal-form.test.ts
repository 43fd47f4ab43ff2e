import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { Graph } from "../../src/ir/graph.js";
import { parseGraph } from "../../src/ir/parse.js";
import { normalForm } from "../../src/passes/raise/normal/normal-form.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { numbersOf, randomInputs } from "./support.js";

const test = suite("passes: the normal form that gates are looked for in");

const ROW = "float32[N, 8, 1, 1]";
const CONSTANTS = `
  fixed @one = constant([], 1)
  fixed @minus = constant([], -1)
  fixed @zero = constant([1], 0)
  fixed @half = constant([], 0.5)
  fixed @two = constant([], 2)
  fixed @twenty = constant([], 20)
  fixed @twentieth = constant([], 0.05)
  fixed @four = constant([], 4)
  fixed @fifth = constant([], 0.2)`;

/** A graph of one input and some lines, of which the last computes the output. */
function graphOf(input: string, lines: readonly string[]): Graph {
  return parseGraph(`graph "g" {
    input %x : ${input}
    ${CONSTANTS}
    ${lines.map((line) => `${line} loc(/g)`).join("\n")}
    return %y
  }`);
}

/** Asserts that the normal form computes what the graph does, and gives the kinds of the ops that its output needs. */
function normalKinds(graph: Graph): readonly string[] {
  const { graph: normal } = normalForm(graph);
  const inputs = randomInputs(graph);
  const [expected] = evaluateGraph(graph, inputs, numbersOf).values();
  const [actual] = evaluateGraph(normal, inputs, numbersOf).values();
  assert.equal(actual?.dims, expected?.dims);
  const far = Math.max(
    ...(expected?.data ?? []).map((each, i) => Math.abs(each - (actual?.data[i] ?? Number.NaN))),
  );
  assert.ok(far < 1e-6, `it is off by ${far}`);
  const needed = new Set<unknown>(normal.outputs);
  return normal.ops
    .toReversed()
    .filter((op) => {
      const isNeeded = op.results.some((result) => needed.has(result));
      if (isNeeded) for (const operand of op.operands) needed.add(operand);
      return isNeeded;
    })
    .map(({ kind }) => kind)
    .toReversed();
}

const NEGATIONS = {
  neg: `%n : ${ROW} = neg(%x)`,
  "mul by -1": `%n : ${ROW} = mul(%x, @minus)`,
  "-1 mul": `%n : ${ROW} = mul(@minus, %x)`,
  "div by -1": `%n : ${ROW} = div(%x, @minus)`,
  "0 sub": `%n : ${ROW} = sub(@zero, %x)`,
};
const INVERSES = {
  "1 div": `%y : ${ROW} = div(@one, %s)`,
  reciprocal: `%y : ${ROW} = reciprocal(%s)`,
  "pow -1": `%y : ${ROW} = pow(%s, @minus)`,
};

for (const [negation, negated] of Object.entries(NEGATIONS)) {
  for (const [inverse, inverted] of Object.entries(INVERSES)) {
    for (const sum of ["add(@one, %e)", "add(%e, @one)"]) {
      test(`a sigmoid as ${negation}, exp, ${sum} and ${inverse} is a sigmoid`, () => {
        const lines = [negated, `%e : ${ROW} = exp(%n)`, `%s : ${ROW} = ${sum}`, inverted];
        assert.equal(normalKinds(graphOf(ROW, lines)), ["sigmoid"]);
      });
    }
  }
}

const OTHER_SIGMOIDS: { readonly [what: string]: readonly string[] } = {
  "exp(x) / (1 + exp(x))": [
    `%e : ${ROW} = exp(%x)`,
    `%s : ${ROW} = add(%e, @one)`,
    `%y : ${ROW} = div(%e, %s)`,
  ],
  "(tanh(x / 2) + 1) / 2": [
    `%h : ${ROW} = div(%x, @two)`,
    `%t : ${ROW} = tanh(%h)`,
    `%s : ${ROW} = add(%t, @one)`,
    `%y : ${ROW} = mul(%s, @half)`,
  ],
  "tanh(x · 0.5) · 0.5 + 0.5": [
    `%h : ${ROW} = mul(@half, %x)`,
    `%t : ${ROW} = tanh(%h)`,
    `%s : ${ROW} = mul(%t, @half)`,
    `%y : ${ROW} = add(%s, @half)`,
  ],
};

for (const [what, lines] of Object.entries(OTHER_SIGMOIDS)) {
  test(`${what} is a sigmoid`, () => assert.equal(normalKinds(graphOf(ROW, lines)), ["sigmoid"]));
}

const NO_SIGMOIDS: { readonly [what: string]: readonly string[] } = {
  "1 / (1 + exp(x))": [`%e : ${ROW} = exp(%x)`, `%s : ${ROW} = add(%e, @one)`, `%y : ${ROW} = div(@one, %s)`],
  "2 / (1 + exp(-x))": [
    NEGATIONS.neg,
    `%e : ${ROW} = exp(%n)`,
    `%s : ${ROW} = add(%e, @one)`,
    `%y : ${ROW} = div(@two, %s)`,
  ],
  "1 / (2 + exp(-x))": [
    NEGATIONS.neg,
    `%e : ${ROW} = exp(%n)`,
    `%s : ${ROW} = add(%e, @two)`,
    `%y : ${ROW} = div(@one, %s)`,
  ],
  "(tanh(x) + 1) / 2": [
    `%t : ${ROW} = tanh(%x)`,
    `%s : ${ROW} = add(%t, @one)`,
    `%y : ${ROW} = mul(%s, @half)`,
  ],
};

for (const [what, lines] of Object.entries(NO_SIGMOIDS)) {
  test(`${what} is none`, () => assert.not(normalKinds(graphOf(ROW, lines)).includes("sigmoid")));
}

const MAP = "float32[N, 8, 5, 4]";
const MEANS: { readonly [what: string]: readonly string[] } = {
  "sum / 20": [`%s : ${ROW} = reduce_sum(%x) {axes = [2, 3]}`, `%y : ${ROW} = div(%s, @twenty)`],
  "1/20 · sum": [`%s : ${ROW} = reduce_sum(%x) {axes = [2, 3]}`, `%y : ${ROW} = mul(@twentieth, %s)`],
  "two sums": [
    `%r : float32[N, 8, 5] = reduce_sum(%x) {axes = [3], keepdims = false}`,
    `%s : float32[N, 8] = reduce_sum(%r) {axes = [2], keepdims = false}`,
    `%u : ${ROW} = reshape(%s) {shape = [0, 8, 1, 1]}`,
    `%y : ${ROW} = div(%u, @twenty)`,
  ],
  "two factors": [
    `%r : float32[N, 8, 5, 1] = reduce_sum(%x) {axes = [3]}`,
    `%s : ${ROW} = reduce_sum(%r) {axes = [2]}`,
    `%m : ${ROW} = mul(%s, @fifth)`,
    `%y : ${ROW} = div(%m, @four)`,
  ],
  "a sum of means": [
    `%r : float32[N, 8, 5, 1] = reduce_sum(%x) {axes = [3]}`,
    `%m : float32[N, 8, 5, 1] = div(%r, @four)`,
    `%s : ${ROW} = reduce_sum(%m) {axes = [2]}`,
    `%y : ${ROW} = mul(%s, @fifth)`,
  ],
};

for (const [what, lines] of Object.entries(MEANS)) {
  test(`${what} is a mean`, () => {
    const kinds = normalKinds(graphOf(MAP, lines));
    assert.ok(kinds.includes("reduce_mean"));
    assert.not(
      kinds.some((kind) => ["reduce_sum", "div", "mul"].includes(kind)),
      kinds.join(),
    );
  });
}

test("a sum that is divided by another number is none", () => {
  const lines = [`%s : ${ROW} = reduce_sum(%x) {axes = [2, 3]}`, `%y : ${ROW} = div(%s, @four)`];
  assert.equal(normalKinds(graphOf(MAP, lines)), ["reduce_sum", "div"]);
});

test("ops that are normal already stay the objects that they are", () => {
  const graph = graphOf(MAP, [
    `%a : ${MAP} = relu(%x)`,
    `%s : ${ROW} = reduce_mean(%a) {axes = [2, 3]}`,
    `%y : ${ROW} = tanh(%s)`,
  ]);
  assert.equal(normalForm(graph).graph.ops, graph.ops);
  for (const [i, op] of normalForm(graph).graph.ops.entries()) assert.is(op, graph.ops[i]);
});

test.run();
