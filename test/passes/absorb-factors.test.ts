import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, Parameter, Result, Value } from "../../src/ir/graph.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { tensorType } from "../../src/ir/types.js";
import { normalWeight, storedWeight } from "../../src/ir/weight.js";
import { absorbFactors } from "../../src/passes/absorb-factors.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { weightChunks } from "../../src/weights/values/materialize.js";
import { randomInputs } from "./support.js";

const test = suite("passes: absorb-factors");

const CHANNELS = 4;

interface Net {
  readonly builder: GraphBuilder;
  readonly input: Value;
  conv(x: Value, name: string): Result;
  relu(x: Value): Result;
  /** x · f for one number of each channel, the parameter on either side. */
  times(x: Value, numbers: readonly number[], side?: "left" | "right"): Result;
  add(a: Value, b: Value): Result;
}

function network(build: (net: Net) => Value): Graph {
  const builder = new GraphBuilder("g");
  const input = builder.input("x", tensorType(["N", CHANNELS, 6, 6]));
  const numbers = (name: string, ...dims: number[]): Parameter =>
    builder.parameterOf(name, normalWeight(dims, 1, name), "trainable");
  let count = 0;
  const scope = (): { readonly scope: string } => ({ scope: `/op${count++}` });
  return builder.finish([
    build({
      builder,
      input,
      conv: (x, name) =>
        builder.op(
          "conv",
          [x, numbers(`${name}.weight`, CHANNELS, CHANNELS, 3, 3), numbers(`${name}.bias`, CHANNELS)],
          { pads: [1, 1, 1, 1] },
          { scope: `/${name}` },
        ),
      relu: (x) => builder.op("relu", [x], {}, scope()),
      times(x, each, side = "right") {
        const data = storedWeight([CHANNELS, 1, 1], `f${count}`, Float32Array.from(each));
        const factor = builder.parameterOf(`factor${count}`, data, "trainable");
        return builder.op("mul", side === "right" ? [x, factor] : [factor, x], {}, scope());
      },
      add: (a, b) => builder.op("add", [a, b], {}, scope()),
    }),
  ]);
}

const POSITIVE = [0.5, 2, 0, 3];
const SIGNED = [0.5, -2, 1, 3];

/** What a network becomes: the kinds of its ops. */
const CASES: Readonly<Record<string, readonly [(net: Net) => Value, readonly string[]]>> = {
  "a factor before a convolution": [
    ({ conv, relu, times, input }) => conv(times(relu(input), SIGNED), "next"),
    ["relu", "conv"],
  ],
  "a factor on the left, after a convolution": [
    ({ conv, relu, times, input }) => relu(times(conv(input, "last"), SIGNED, "left")),
    ["conv", "relu"],
  ],
  "through a ReLU, where it is nowhere negative": [
    ({ conv, relu, times, add, input }) => add(times(relu(conv(input, "last")), POSITIVE), input),
    ["conv", "relu", "add"],
  ],
  "not through a ReLU, where it is negative": [
    ({ conv, relu, times, add, input }) => add(times(relu(conv(input, "last")), SIGNED), input),
    ["conv", "relu", "mul", "add"],
  ],
  "x + f · x, into the convolution before": [
    ({ conv, times, add, relu, input }) => {
      const x = conv(input, "last");
      return relu(add(x, times(x, SIGNED)));
    },
    ["conv", "relu"],
  ],
  "x + f · x between an input and an output, in one multiplication": [
    ({ relu, times, add, input }) => {
      const x = relu(input);
      return relu(add(times(x, SIGNED), x));
    },
    ["relu", "mul", "relu"],
  ],
  "two factors around one convolution": [
    ({ conv, relu, times, input }) => relu(times(conv(times(relu(input), SIGNED), "both"), POSITIVE)),
    ["relu", "conv", "relu"],
  ],
  "an output": [({ relu, times, input }) => times(relu(input), SIGNED), ["relu", "mul"]],
};

for (const [what, [build, kinds]] of Object.entries(CASES)) {
  test(`${what}: the values stay`, () => {
    const graph = network(build);
    const { graph: absorbed } = runPasses(graph, [{ pass: "absorb-factors", options: {} }]);
    assert.equal(
      absorbed.ops.map(({ kind }) => kind),
      kinds,
    );
    const [before, after] = [outputOf(graph), outputOf(absorbed)];
    const largest = before.reduce((most, each) => Math.max(most, Math.abs(each)), 0);
    assert.ok(largest > 0);
    before.forEach((value, i) => {
      assert.ok(Math.abs(value - (after[i] as number)) <= 1e-12 * largest, `${value} and ${after[i]}`);
    });
  });
}

test("what stays is said, with the reason", () => {
  const graph = network(({ relu, times, input }) => times(relu(input), SIGNED));
  const [warning] = absorbFactors.unmatched?.(graph, {}) ?? [];
  assert.match(
    warning?.message ?? "",
    /stay a multiplication: no layer takes them, it stands between relu and an output/,
  );
});

function outputOf(graph: Graph): readonly number[] {
  const outputs = evaluateGraph(
    graph,
    randomInputs(graph),
    ({ data }): Tensor => ({
      dims: data.dims,
      data: Float64Array.from(Array.from(weightChunks(data, 0), (chunk) => [...chunk]).flat()),
    }),
  );
  return [...([...outputs.values()][0]?.data ?? [])];
}

test.run();
