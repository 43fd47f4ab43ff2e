import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder, makeParameter } from "../../src/ir/builder.js";
import {
  type FactorPlan,
  FactorPlanner,
  type FactorSigns,
  type NoFactorPlan,
} from "../../src/ir/channel-factors.js";
import { withFactors } from "../../src/ir/factored-weights.js";
import type { Graph, Op, Parameter, Result, Value } from "../../src/ir/graph.js";
import { printGraph } from "../../src/ir/print.js";
import { replaceParameters } from "../../src/ir/rewrite.js";
import type { Numbers, Tensor } from "../../src/ir/tensor.js";
import { tensorType } from "../../src/ir/types.js";
import { normalWeight, storedWeight } from "../../src/ir/weight.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { weightChunks } from "../../src/weights/values/materialize.js";
import { randomInputs } from "../passes/support.js";

const test = suite("ir: factors of channels in the layers around a gate");

const CHANNELS = 6;
const FACTOR = Float32Array.from([0.25, 3, -1.7, 1, 0.001, 12]);

/** A network that a case builds; `times` multiplies a value by the factors where it is asked to. */
interface Net {
  readonly builder: GraphBuilder;
  readonly input: Value;
  numbers(name: string, ...dims: number[]): Parameter;
  gate(x: Value): Result;
  /** Where the factors belong, for a conv after the gate, or a layer before it. */
  times(value: Value): Value;
}

type Case = (net: Net) => Value;

const conv = ({ builder, numbers }: Net, x: Value, name: string, group = 1): Result =>
  builder.op(
    "conv",
    [x, numbers(`${name}.weight`, 8, CHANNELS / group, 3, 3), numbers(`${name}.bias`, 8)],
    { group, pads: [1, 1, 1, 1], strides: [2, 2] },
    { scope: `/${name}` },
  );

const depthwise = ({ builder, numbers }: Net, x: Value, name: string): Result =>
  builder.op(
    "conv",
    [x, numbers(`${name}.weight`, CHANNELS, 1, 3, 3), numbers(`${name}.bias`, CHANNELS)],
    { group: CHANNELS, pads: [1, 1, 1, 1] },
    { scope: `/${name}` },
  );

const relu = ({ builder }: Net, x: Value): Result => builder.op("relu", [x], {}, { scope: "/act" });

const pool = ({ builder }: Net, x: Value): Result =>
  builder.op("max_pool", [x], { kernel: [2, 2], strides: [2, 2] }, { scope: "/pool" });

const pool1 = ({ builder }: Net, x: Value): Result =>
  builder.op("avg_pool", [x], { kernel: [1, 1] }, { scope: "/pool" });

const norm = ({ builder, numbers }: Net, x: Value): Result => {
  const statistics = ["weight", "bias", "mean", "var"].map((name) => numbers(`norm.${name}`, CHANNELS));
  return builder.op("batch_norm", [x, ...statistics], {}, { scope: "/norm" });
};

const sum = ({ builder }: Net, a: Value, b: Value): Result =>
  builder.op("add", [a, b], {}, { scope: "/sum" });

/** Networks in which a neighbour takes the factors, the side, and its parameters. */
const TAKEN: Readonly<Record<string, readonly [Case, FactorPlan["side"], readonly string[], FactorSigns?]>> =
  {
    "a convolution": [
      (net) => conv(net, net.times(net.gate(relu(net, net.input))), "next"),
      "after",
      ["next.weight"],
    ],
    "a convolution in groups": [
      (net) => conv(net, net.times(net.gate(net.input)), "next", 2),
      "after",
      ["next.weight"],
    ],
    "a depthwise convolution": [
      (net) => depthwise(net, net.times(net.gate(net.input)), "next"),
      "after",
      ["next.weight"],
    ],
    "a normalisation before a sum": [
      (net) => sum(net, net.gate(net.times(norm(net, net.input))), net.input),
      "before",
      ["norm.weight", "norm.bias"],
    ],
    "a folded convolution before a sum": [
      (net) => sum(net, net.gate(net.times(depthwise(net, net.input, "last"))), net.input),
      "before",
      ["last.weight", "last.bias"],
    ],
    "a ReLU and a pool before the next convolution": [
      (net) => conv(net, pool(net, relu(net, net.times(net.gate(net.input)))), "next"),
      "after",
      ["next.weight"],
      "non-negative",
    ],
    "two readers": [
      (net) => {
        const gated = net.times(net.gate(net.input));
        return sum(net, conv(net, gated, "next"), conv(net, gated, "other", 2));
      },
      "after",
      ["next.weight", "other.weight"],
    ],
    "the part of a concatenation": [
      (net) => {
        const { builder, input } = net;
        const joined = builder.op(
          "concat",
          [input, net.times(net.gate(input))],
          { axis: 1 },
          { scope: "/join" },
        );
        const weight = net.numbers("next.weight", 4, 2 * CHANNELS, 1, 1);
        return builder.op("conv", [joined, weight], {}, { scope: "/next" });
      },
      "after",
      ["next.weight"],
    ],
    "a transposed convolution in groups": [
      ({ builder, numbers, gate, times, input }) =>
        builder.op(
          "conv_transpose",
          [times(gate(input)), numbers("up.weight", CHANNELS, 2, 2, 2)],
          { group: 2, strides: [2, 2] },
          { scope: "/up" },
        ),
      "after",
      ["up.weight"],
    ],
    "a transposed convolution before a sum": [
      (net) => {
        const { builder, numbers, input } = net;
        const operands = [
          input,
          numbers("up.weight", CHANNELS, CHANNELS / 2, 1, 1),
          numbers("up.bias", CHANNELS),
        ];
        const up = builder.op("conv_transpose", operands, { group: 2 }, { scope: "/up" });
        return sum(net, net.gate(net.times(up)), input);
      },
      "before",
      ["up.weight", "up.bias"],
    ],
    "both sides of a sum, through a ReLU": [
      (net) => {
        const [a, b] = [depthwise(net, net.input, "a"), depthwise(net, net.input, "b")];
        return sum(net, net.gate(net.times(relu(net, sum(net, a, b)))), net.input);
      },
      "before",
      ["a.weight", "a.bias", "b.weight", "b.bias"],
      "non-negative",
    ],
    "the convolution before a residual gate": [
      (net) => {
        const x = net.times(depthwise(net, net.input, "last"));
        return sum(net, sum(net, x, net.gate(x)), net.input);
      },
      "before",
      ["last.weight", "last.bias"],
    ],
    "the convolution after, where the layer before could as well": [
      (net) => conv(net, net.times(net.gate(norm(net, net.input))), "next"),
      "after",
      ["next.weight"],
    ],
  };

/** Networks in which none can, and what is said of them. */
const NOT_TAKEN: Readonly<Record<string, readonly [Case, string]>> = {
  "between an activation and a sum": [
    (net) => sum(net, net.gate(relu(net, net.input)), net.input),
    "it stands between relu and add",
  ],
  "an activation before the convolution": [
    (net) => conv(net, relu(net, net.gate(net.input)), "next"),
    "it stands between an input and relu",
  ],
  "an output": [(net) => net.gate(relu(net, net.input)), "it stands between relu and an output"],
  "factors that may be negative before a ReLU": [
    (net) => conv(net, relu(net, net.gate(relu(net, net.input))), "next"),
    "it stands between relu and relu",
  ],
  "a layer that is reached in two ways": [
    (net) => {
      const { builder, numbers, input } = net;
      const gated = net.gate(relu(net, input));
      const joined = builder.op("concat", [gated, pool1(net, gated)], { axis: 1 }, { scope: "/join" });
      return builder.op(
        "conv",
        [joined, numbers("next.weight", 4, 2 * CHANNELS, 1, 1)],
        {},
        { scope: "/next" },
      );
    },
    "it stands between relu and a layer that it reaches in two ways",
  ],
  "a second reader of the gate": [
    (net) => {
      const gated = net.gate(relu(net, net.input));
      return sum(net, depthwise(net, gated, "next"), gated);
    },
    "it stands between relu and add",
  ],
  "a second reader of the layer before": [
    (net) => {
      const x = norm(net, net.input);
      return sum(net, net.gate(x), relu(net, x));
    },
    "it stands between another reader, relu and add",
  ],
  "a weight that another layer reads too": [
    ({ builder, numbers, ...net }) => {
      const weight = numbers("shared", CHANNELS, CHANNELS, 1, 1);
      const layer = (x: Value): Result => builder.op("conv", [x, weight], {}, { scope: "/conv" });
      return layer(net.gate(layer(net.input)));
    },
    "it stands between conv, whose weights are shared and conv, whose weights are shared",
  ],
};

for (const [what, [build, side, names, signs = "any"]] of Object.entries(TAKEN)) {
  const factor = signs === "any" ? FACTOR : FACTOR.map(Math.abs);
  test(`taken by ${what}: nothing changes by more than rounding in float64`, () => {
    const plain = network(build);
    const plan = planOf(plain, signs);
    if ("reason" in plan) throw new Error(plan.reason);
    assert.is(plan.side, side);
    assert.equal(
      plan.parameters.map(({ parameter }) => parameter.name),
      names,
    );
    const data = withFactors(plan, factor, "f", (parameter) => parameter.data);
    const moved = replaceParameters(plain, (parameter) =>
      makeParameter(parameter.name, data.get(parameter) ?? parameter.data, parameter.role),
    );
    const expected = outputOf(network(build, factor));
    assert.ok(far(expected, outputOf(plain)) > 0.1, "the factors matter");
    assert.ok(far(expected, outputOf(moved)) < 1e-12, `off by ${far(expected, outputOf(moved))}`);
    // The numbers are lent under a label, so that the text form can name them.
    assert.match(printGraph(moved), `stored([`);
  });
}

for (const [what, [build, reason]] of Object.entries(NOT_TAKEN)) {
  test(`not taken: ${what}`, () => {
    const graph = network(build);
    assert.equal(planOf(graph, "any"), { reason });
  });
}

function planOf(graph: Graph, signs: FactorSigns): FactorPlan | NoFactorPlan {
  const planner = new FactorPlanner(graph);
  return planner.around(planner.unit(gateIn(graph)), signs);
}

function network(build: Case, factor?: Float32Array): Graph {
  const builder = new GraphBuilder("g");
  const input = builder.input("x", tensorType(["N", CHANNELS, 5, 5]));
  const numbers = (name: string, ...dims: number[]): Parameter =>
    builder.parameterOf(name, normalWeight(dims, 1, name), "trainable");
  const output = build({
    builder,
    input,
    numbers,
    gate: (x) => builder.op("attention.eca", [x, numbers("eca", 1, 1, 3)], { kernel: 3 }, { scope: "/gate" }),
    times(value) {
      if (factor === undefined) return value;
      const f = builder.parameterOf("f", storedWeight([1, CHANNELS, 1, 1], "f", factor), "fixed");
      return builder.op("mul", [value, f], {}, { scope: "/times" });
    },
  });
  return builder.finish([output]);
}

function gateIn(graph: Graph): Op {
  const gate = graph.ops.find(({ kind }) => kind === "attention.eca");
  if (gate === undefined) throw new Error("no gate");
  return gate;
}

/** The output in float64, with weights that are not rounded to float32; variances are made positive. */
function outputOf(graph: Graph): Numbers {
  const outputs = evaluateGraph(graph, randomInputs(graph), ({ name, data }): Tensor => {
    const numbers = Float64Array.from(Array.from(weightChunks(data, 0), (chunk) => [...chunk]).flat());
    return {
      dims: data.dims,
      data: name === "norm.var" ? numbers.map((value) => value ** 2 + 0.1) : numbers,
    };
  });
  return [...outputs.values()][0]?.data ?? new Float64Array();
}

/** max |a - b| as a part of the largest of a. */
function far(a: Numbers, b: Numbers): number {
  const largest = (values: Numbers): number =>
    values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return largest(a.map((value, i) => value - (b[i] as number))) / largest(a);
}

test.run();
