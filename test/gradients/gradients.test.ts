import { suite } from "uvu";
import * as assert from "uvu/assert";
import { withGradients } from "../../src/gradients/gradients.js";
import { NoGradient } from "../../src/gradients/no-gradient.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, GraphInput, Value } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { tensorType } from "../../src/ir/types.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { parameterNumbers } from "../../src/trials/numbers.js";
import { throwsError } from "../throws.js";

const test = suite("gradients: of graphs");

/** A graph of one input x of those sizes. */
function graphOf(
  dims: readonly (number | string)[],
  build: (x: GraphInput, builder: GraphBuilder) => readonly Value[],
): Graph {
  const builder = new GraphBuilder("graph");
  const x = builder.input("x", tensorType(dims));
  return builder.finish(build(x, builder));
}

const loc = { scope: "/op" };

/** The derivatives by x at some numbers, of how far the outputs are from others. */
function derivatives(
  graph: Graph,
  x: readonly number[],
  wanted: readonly (readonly number[])[],
  weights: readonly number[] = wanted.map(() => 1),
): readonly number[] {
  const found = withGradients(graph, graph.inputs, weights);
  const tensors: [string, Tensor][] = [...graph.inputs, ...found.targets].map(({ name, type }, i) => [
    name,
    { dims: type.dims as readonly number[], data: Float64Array.from([x, ...wanted][i] ?? []) },
  ]);
  const [first] = evaluateGraph(found.graph, new Map(tensors), parameterNumbers(0)).values();
  return [...(first?.data ?? [])];
}

function equalNumbers(actual: readonly number[], expected: readonly number[]): void {
  assert.is(actual.length, expected.length);
  actual.forEach((each, i) => {
    assert.ok(Math.abs(each - (expected[i] as number)) < 1e-12, `${actual}, expected ${expected}`);
  });
}

test("what several ops read gets the sum of what they give back, weighted by output", () => {
  const graph = graphOf([2], (x, builder) => {
    const square = builder.op("mul", [x, x], {}, loc);
    return [builder.op("add", [square, x], {}, loc), builder.op("neg", [x], {}, loc)];
  });
  // E = ½ Σ (x² + x - a)² + 3 · ½ Σ (-x - b)²: (x² + x - a)(2x + 1) + 3 (x + b)
  equalNumbers(
    derivatives(
      graph,
      [2, -1],
      [
        [5, 1],
        [1, 0],
      ],
      [1, 3],
    ),
    [1 * 5 + 3 * 3, -1 * -1 + 3 * -1],
  );
});

test("shares of a softmax or a sigmoid are compared by cross entropy", () => {
  const softmax = graphOf([1, 3], (x, builder) => [builder.op("softmax", [x], { axis: 1 }, loc)]);
  const powers = [0, 1, 2].map((each) => Math.exp(each));
  const sum = powers.reduce((total, each) => total + each, 0);
  const shares = powers.map((each) => each / sum);
  const [a = 0, b = 0, c = 0] = shares;
  equalNumbers(derivatives(softmax, [0, 1, 2], [[1, 0, 0]]), [a - 1, b, c]);
  const sigmoid = graphOf([1], (x, builder) => [builder.op("sigmoid", [x], {}, loc)]);
  equalNumbers(derivatives(sigmoid, [0], [[1]]), [0.5 - 1]);
  // In the middle of a network it is a function like any other.
  const inside = graphOf([1], (x, builder) => [
    builder.op("neg", [builder.op("sigmoid", [x], {}, loc)], {}, loc),
  ]);
  equalNumbers(derivatives(inside, [0], [[0]]), [-0.5 * -0.25]);
});

test("a root of 0 moves nothing", () => {
  const graph = graphOf([2], (x, builder) => [builder.op("sqrt", [x], {}, loc)]);
  equalNumbers(derivatives(graph, [0, 4], [[1, 1]]), [0, 0.25]);
});

test("an output that depends on nothing else counts for nothing", () => {
  const builder = new GraphBuilder("graph");
  const [x, y] = [builder.input("x", tensorType([1])), builder.input("y", tensorType([1]))];
  const graph = builder.finish([builder.op("neg", [x], {}, loc), builder.op("neg", [y], {}, loc)]);
  const found = withGradients(graph, [x], [1, 1]);
  assert.is(found.targets.length, 2);
  assert.is(found.graph.outputs.length, 1);
});

const REFUSED: readonly (readonly [string, Graph, RegExp])[] = [
  [
    "an op without a rule",
    graphOf([4], (x, builder) => {
      const indices = builder.input("i", tensorType([2], "int64"));
      return [builder.op("gather", [x, indices], {}, loc)];
    }),
    /^gather at \/op has no derivatives: what it gathers/,
  ],
  [
    "an operator of someone else's",
    graphOf([4], (x, builder) => [
      builder.op("opaque", [x], { operator: "LSTM", types: [["float32", 4]] }, loc),
    ]),
    /LSTM at \/op has no derivatives/,
  ],
  [
    "weights of groups",
    graphOf([4, 1, 3, 3], (x, builder) => {
      const maps = builder.input("maps", tensorType([1, 4, 5, 5]));
      return [builder.op("conv", [maps, x], { group: 4 }, loc)];
    }),
    /conv at \/op has no derivatives: its weights are computed, and it has groups/,
  ],
  [
    "half precision",
    graphOf([2], (x, builder) => {
      const half = builder.op("cast", [x], { to: "float16" }, loc);
      return [builder.op("neg", [half], {}, { scope: "/half" })];
    }),
    /is float16/,
  ],
  [
    "an output of half precision",
    graphOf([2], (x, builder) => [builder.op("cast", [x], { to: "float16" }, loc)]),
    /op is float16/,
  ],
  [
    "a resizing of channels",
    graphOf([1, 2, 3, 3], (x, builder) => [builder.op("resize", [x], { scales: [1, 2, 1, 1] }, loc)]),
    /it resizes more than maps/,
  ],
  [
    "the second of an operator's results",
    graphOf([4], (x, builder) => {
      const types = [
        ["float32", 4],
        ["float32", 4],
      ];
      const first = builder.op("opaque", [x], { operator: "Pair", types } as never, loc);
      const second = builder.producerOf(first)?.results[1] ?? first;
      return [builder.op("neg", [second], {}, { scope: "/neg" })];
    }),
    /Pair at \/op has no derivatives/,
  ],
  [
    "an open size",
    graphOf(["N", 2], (x, builder) => [builder.op("neg", [x], {}, loc)]),
    /the size N of .* is not known/,
  ],
  [
    "whole numbers, which nothing leads through",
    graphOf([2], (x, builder) => [builder.op("cast", [x], { to: "int64" }, loc)]),
    /no output depends on x/,
  ],
];

for (const [what, graph, says] of REFUSED) {
  test(`${what}: refused, with the reason`, () => {
    const [x] = graph.inputs;
    throwsError(() => withGradients(graph, x === undefined ? [] : [x], [1]), NoGradient, says);
  });
}

test.run();
