import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, Value } from "../../src/ir/graph.js";
import { startAtOne } from "../../src/ir/initializers.js";
import { tensorType } from "../../src/ir/types.js";
import { CanonicalGraph, ValueNumbering } from "../../src/networks/canonical-graph.js";
import { matchedWeights } from "../../src/networks/recovered/match.js";

const test = suite("driver: the network of a spec and that of a file");

type Build = (builder: GraphBuilder, x: Value) => Value;

const at = { scope: "/x" };

function graphOf(build: Build): Graph {
  const builder = new GraphBuilder("g");
  const x = builder.input("x", tensorType(["N", 4, 6, 6]));
  return builder.finish([build(builder, x)]);
}

/** The weights that a has in b; undefined where they compute different things. */
function matched(a: Build, b: Build): ReadonlyMap<string, { readonly kind: string }> | undefined {
  const numbering = new ValueNumbering();
  const [ours, theirs] = [graphOf(a), graphOf(b)].map((graph) => new CanonicalGraph(graph, numbering));
  return matchedWeights(ours as CanonicalGraph, theirs as CanonicalGraph);
}

const mean: Build = (builder, x) => builder.op("global_avg_pool", [x], {}, at);

const conv =
  (attributes: { strides?: [number, number]; pads?: [number, number, number, number] }, bias = true): Build =>
  (builder, x) => {
    const operands = [x, builder.parameter("w", [4, 4, 3, 3], startAtOne)];
    if (bias) operands.push(builder.parameter("b", [4], startAtOne));
    return builder.op("conv", operands, attributes, at);
  };

const SAME: Readonly<Record<string, readonly [Build, Build]>> = {
  "SiLU and x · sigmoid(x)": [
    (builder, x) => builder.op("silu", [x], {}, at),
    (builder, x) => builder.op("mul", [builder.op("sigmoid", [x], {}, at), x], {}, at),
  ],
  "sums in either order": [
    (builder, x) => builder.op("add", [x, builder.op("relu", [x], {}, at)], {}, at),
    (builder, x) => builder.op("add", [builder.op("relu", [x], {}, at), x], {}, at),
  ],
  "a mean over the map, as pooling and as reduction": [
    mean,
    (builder, x) => builder.op("reduce_mean", [x], { axes: [2, 3] }, at),
  ],
  "a convolution without a bias and one with": [conv({}), conv({}, false)],
  "a linear layer, as Gemm and as a convolution of one pixel": [
    (builder, x) => {
      const row = builder.op("flatten", [mean(builder, x)], {}, at);
      return builder.op("gemm", [row, builder.parameter("w", [5, 4], startAtOne)], {}, at);
    },
    (builder, x) => {
      const weight = builder.parameter("w", [5, 4, 1, 1], startAtOne);
      return builder.op("flatten", [builder.op("conv", [mean(builder, x), weight], {}, at)], {}, at);
    },
  ],
};

for (const [name, [a, b]] of Object.entries(SAME)) {
  test(`${name} are the same`, () => {
    assert.ok(matched(a, b));
    assert.ok(matched(b, a));
  });
}

const DIFFERENT: Readonly<Record<string, readonly [Build, Build]>> = {
  activations: [
    (builder, x) => builder.op("relu", [x], {}, at),
    (builder, x) => builder.op("silu", [x], {}, at),
  ],
  paddings: [conv({ pads: [1, 1, 1, 1] }), conv({ pads: [0, 0, 2, 2] })],
  strides: [conv({ strides: [2, 2] }), conv({ strides: [1, 1] })],
  epsilons: [1e-5, 1e-3].map(
    (epsilon): Build =>
      (builder, x) => {
        const numbers = ["scale", "shift", "mean", "variance"].map((name) =>
          builder.parameter(name, [4], startAtOne),
        );
        return builder.op("batch_norm", [x, ...numbers], { epsilon }, at);
      },
  ) as [Build, Build],
  "a difference and its opposite": [
    (builder, x) => builder.op("sub", [x, builder.parameter("c", [4, 6, 6], startAtOne)], {}, at),
    (builder, x) => builder.op("sub", [builder.parameter("c", [4, 6, 6], startAtOne), x], {}, at),
  ],
  "a gate's placement": [
    (builder, x) => builder.op("relu", [builder.op("mul", [x, mean(builder, x)], {}, at)], {}, at),
    (builder, x) => {
      const active = builder.op("relu", [x], {}, at);
      return builder.op("mul", [active, mean(builder, active)], {}, at);
    },
  ],
};

for (const [name, [a, b]] of Object.entries(DIFFERENT)) {
  test(`${name}: what differs is not taken for the same`, () => {
    assert.ok(matched(a, a));
    assert.is(matched(a, b), undefined);
  });
}

test("a transposed matrix is turned where MatMul and Add are a linear layer", () => {
  const weights = matched(
    (builder, x) => {
      const row = builder.op("flatten", [mean(builder, x)], {}, at);
      const operands = [
        row,
        builder.parameter("w", [5, 4], startAtOne),
        builder.parameter("b", [5], startAtOne),
      ];
      return builder.op("gemm", operands, {}, at);
    },
    (builder, x) => {
      const row = builder.op("flatten", [mean(builder, x)], {}, at);
      const product = builder.op("matmul", [row, builder.parameter("w", [4, 5], startAtOne)], {}, at);
      return builder.op("add", [builder.parameter("b", [5], startAtOne), product], {}, at);
    },
  );
  assert.is(weights?.get("w")?.kind, "transpose");
  assert.is(weights?.get("b")?.kind, "constant");
});

test.run();
