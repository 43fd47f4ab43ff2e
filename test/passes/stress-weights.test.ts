import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { ActivationName } from "../../src/ir/activations.js";
import type { AttentionOptions, AttentionType } from "../../src/ir/attention/modules.js";
import { attentionModules, attentionTypeOf } from "../../src/ir/attention/modules.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { type Graph, parametersOf, type Value } from "../../src/ir/graph.js";
import { fanOutNormal, startAtOne, startAtZero } from "../../src/ir/initializers.js";
import { printGraph } from "../../src/ir/print.js";
import { meanSquare } from "../../src/ir/stress/distribution.js";
import type { Numbers } from "../../src/ir/tensor.js";
import { featureMap, tensorType } from "../../src/ir/types.js";
import type { WeightExpr } from "../../src/ir/weight.js";
import { runPasses } from "../../src/passes/engine/manager.js";
import { parsePipeline } from "../../src/passes/engine/pipeline.js";
import { evaluateWithout, traceGraph } from "../../src/reference/interpreter.js";
import { numbersOf, randomInputs, rewrite } from "./support.js";

const test = suite("passes: stress-weights");

const WIDTH = 16;
const BLOCKS = 50;

/** Fifty inverted residual blocks without a shortcut in every fifth, as deep as EfficientNet-B7. */
function deepNetwork(activation: ActivationName, attention: AttentionType, blocks = BLOCKS): Graph {
  const builder = new GraphBuilder("deep");
  const convNorm = (x: Value, scope: string, channels: number, kernel: number, group = 1): Value => {
    const [, inputs] = featureMap(x.type, "x");
    const pad = (kernel - 1) / 2;
    const weight = builder.parameter(
      `${scope}.w`,
      [channels, inputs / group, kernel, kernel],
      fanOutNormal(),
    );
    const y = builder.op(
      "conv",
      [x, weight],
      { pads: [pad, pad, pad, pad], group },
      { scope: `${scope}/conv` },
    );
    const statistics = [startAtOne, startAtZero, startAtZero, startAtOne].map((init, i) =>
      builder.parameter(`${scope}.norm${i}`, [channels], init, i < 2 ? "trainable" : "buffer"),
    );
    return builder.op("batch_norm", [y, ...statistics], {}, { scope: `${scope}/norm` });
  };
  const act = (x: Value, scope: string): Value => builder.op(activation, [x], {}, { scope: `${scope}/act` });
  const options = { type: attention, ...attentionModules[attention].options.parse({}) } as AttentionOptions;
  const site = { channels: 4 * WIDTH, blockInputChannels: 4 * WIDTH, map: [6, 6] } as const;

  let x: Value = builder.input("x", tensorType(["N", WIDTH, 6, 6]));
  for (let i = 0; i < blocks; i++) {
    const scope = `/blocks/${i}`;
    let y = act(convNorm(x, `${scope}/expand`, 4 * WIDTH, 1), `${scope}/expand`);
    y = act(convNorm(y, `${scope}/depthwise`, 4 * WIDTH, 3, 4 * WIDTH), `${scope}/depthwise`);
    y = builder.attention(y, options, site, { scope: `${scope}/attention` });
    y = convNorm(y, `${scope}/project`, WIDTH, 1);
    x = i % 5 === 0 ? y : builder.op("add", [y, x], {}, { scope: `${scope}/add` });
  }
  return builder.finish([x]);
}

function rootMeanSquare(data: Numbers): number {
  return Math.sqrt(data.reduce((sum, x) => sum + x * x, 0) / data.length);
}

/** How far two outputs are apart, as a part of the first's size. */
function moved(from: Numbers, to: Numbers): number {
  return rootMeanSquare(from.map((x, i) => x - (to[i] ?? Number.NaN))) / rootMeanSquare(from);
}

/** The factor of every channel of a gate, in order of size. */
function gateValues(x: Numbers, gated: Numbers, places: number): readonly number[] {
  const values: number[] = [];
  for (let channel = 0; channel < x.length / places; channel++) {
    const start = channel * places;
    const plane = x.subarray(start, start + places);
    const strongest = plane.reduce(
      (best, value, i) => (Math.abs(value) > Math.abs(plane[best] ?? 0) ? i : best),
      0,
    );
    const value = x[start + strongest] ?? 0;
    if (value !== 0) values.push((gated[start + strongest] ?? 0) / value);
  }
  return values.sort((a, b) => a - b);
}

/** Above which value one gate of twenty is, and below which another; CBAM's two gates multiply, each about 1/2. */
const SPREADS = { se: [0.35, 0.65], eca: [0.35, 0.65], cbam: [0.15, 0.3] } as const;

for (const [name, [low, high]] of Object.entries(SPREADS)) {
  const attention = name as keyof typeof SPREADS;
  for (const activation of ["silu", "relu"] as const) {
    test(`fifty blocks of ${activation} with ${attention}: signals live, gates spread, each gate matters`, () => {
      const graph = runPasses(deepNetwork(activation, attention), parsePipeline("stress-weights")).graph;
      const inputs = randomInputs(graph, 1);
      const trace = traceGraph(graph, inputs, numbersOf);
      const numbers = (value: Value | undefined): Numbers =>
        (value && trace.get(value)?.data) ?? new Float64Array();
      const output = numbers(graph.outputs[0]);

      for (const op of graph.ops) {
        const size = rootMeanSquare(numbers(op.results[0]));
        assert.ok(size > 1e-3 && size < 1e3, `${op.loc.scope} has the size ${size}`);
      }
      const negated = new Map(
        [...inputs].map(([name, { dims, data }]) => [name, { dims, data: data.map((x) => -x) }]),
      );
      const other = traceGraph(graph, negated, numbersOf).get(graph.outputs[0] as Value);
      assert.ok(moved(output, other?.data ?? output) > 1e-3, "the input hardly matters");

      const nearly = new Map(
        [...inputs].map(([name, { dims, data }]) => [name, { dims, data: data.map((x) => x * (1 + 1e-6)) }]),
      );
      const near = traceGraph(graph, nearly, numbersOf).get(graph.outputs[0] as Value);
      const amplified = moved(output, near?.data ?? new Float64Array()) / 1e-6;
      assert.ok(amplified < 300, `errors of rounding grow ${amplified} times`);

      const gates = graph.ops.filter((op) => attentionTypeOf(op.kind) !== undefined);
      assert.is(gates.length, BLOCKS);
      const all = gates.flatMap((op) => gateValues(numbers(op.operands[0]), numbers(op.results[0]), 36));
      const quantile = (part: number): number =>
        all.sort((a, b) => a - b)[Math.floor(part * all.length)] ?? 0;
      assert.ok(
        quantile(0.05) < low && quantile(0.95) > high,
        `gates ${quantile(0.05)} to ${quantile(0.95)}`,
      );
      assert.ok(
        quantile(0.25) > 0.05 && quantile(0.75) < 0.95,
        `gates ${quantile(0.25)} to ${quantile(0.75)}`,
      );
      for (const gate of gates.filter((_, i) => i % 10 < 2)) {
        const [without] = evaluateWithout(graph, trace, gate, numbersOf).values();
        const by = moved(output, without?.data ?? output);
        assert.ok(by > 1e-3, `without ${gate.loc.scope} the output moves by ${by}`);
      }
    });
  }
}

const SMALL = `graph "g" {
  input %x : float32[N, 4, 4, 4]
  trainable @w = normal([4, 4, 1, 1], 0.5, "w")
  fixed @half = constant([], 0.5)
  %a : float32[N, 4, 4, 4] = conv(%x, @w) loc(/a)
  %y : float32[N, 4, 4, 4] = mul(%a, @half) loc(/y)
  return %y
}`;

test("weights get their own random streams; constants and everything else stay", () => {
  assert.is(
    printGraph(rewrite("stress-weights", SMALL)),
    printGraph(rewrite("", SMALL)).replace(
      'normal([4, 4, 1, 1], 0.5, "w")',
      'normal([4, 4, 1, 1], 0.5, "stress:w")',
    ),
  );
});

for (const attention of [
  "cbam",
  "sam",
  "se-var1",
  "coord",
  "nl",
  "bam",
  "a2",
  "aa",
  "gsop",
  "gc",
  "ge",
] as const) {
  test(`sixteen blocks with ${attention}: no gate closes and no signal explodes, so that each gate matters`, () => {
    const graph = runPasses(deepNetwork("silu", attention, 16), parsePipeline("stress-weights")).graph;
    const trace = traceGraph(graph, randomInputs(graph, 1), numbersOf);
    const output = trace.get(graph.outputs[0] as Value)?.data ?? new Float64Array();
    for (const op of graph.ops) {
      const size = rootMeanSquare(trace.get(op.results[0] as Value)?.data ?? new Float64Array());
      assert.ok(size > 1e-4 && size < 1e4, `${op.loc.scope} has the size ${size}`);
    }
    const gates = graph.ops.filter((op) => attentionTypeOf(op.kind) !== undefined);
    assert.is(gates.length, 16);
    for (const gate of gates) {
      const [without] = evaluateWithout(graph, trace, gate, numbersOf).values();
      const by = moved(output, without?.data ?? output);
      assert.ok(by > 1e-3, `without ${gate.loc.scope} the output moves by ${by}`);
    }
  });
}

test("another seed gives other streams", () => {
  assert.match(printGraph(rewrite("stress-weights{seed=3}", SMALL)), '"stress:3:w"');
});

test("no trainable parameter and no buffer keeps its numbers", () => {
  const before = deepNetwork("relu", "se");
  const numbers = new Map(parametersOf(before).map(({ name, data }) => [name, data]));
  const { graph } = runPasses(before, parsePipeline("stress-weights"));
  const after = parametersOf(graph);
  assert.is(after.length, numbers.size);
  assert.ok(after.every(({ name, data }) => data !== numbers.get(name) && data.kind !== "constant"));
});

for (const rectifier of ["relu", "relu6"]) {
  test(`weights that ${rectifier} cuts off at zero are positive, so that each counts`, () => {
    const { ops } = rewrite(
      "stress-weights",
      `graph "g" {
        input %x : float32[N, 16]
        trainable @shares = constant([16], 1)
        %r : float32[16] = ${rectifier}(@shares) loc(/r)
        %y : float32[N, 16] = mul(%x, %r) loc(/y)
        return %y
      }`,
    );
    const [shares] = ops[0]?.operands ?? [];
    assert.ok(shares?.kind === "parameter");
    const { data } = numbersOf(shares);
    assert.is(new Set(data).size, 16);
    assert.ok(
      data.every((share) => share > 0.1),
      `${data}`,
    );
  });
}

/** A gate over 16 channels of 5×7 places. */
const GATED = `graph "g" {
  block /stages/0/blocks/0 "inverted-residual" channels 16 stage 0 index 0
  input %x : float32[N, 16, 5, 7]
  %y : float32[N, 16, 5, 7] = attention.se-var1(%x) loc(/stages/0/blocks/0/attention)
  return %y
}`;

/** The parameters of another gate in its place, in the order of its op's operands. */
function weightsOfGate(options: string): readonly WeightExpr[] {
  const [gate] = rewrite(`swap-attention{to=${options}},stress-weights`, GATED).ops;
  return (gate?.operands ?? []).flatMap((operand) => (operand.kind === "parameter" ? [operand.data] : []));
}

test("the normalisation inside of GC keeps the size of numbers", () => {
  const [range, ...more] = weightsOfGate("gc").filter(({ kind }) => kind === "uniform");
  assert.ok(range?.kind === "uniform" && more.length === 0);
  assert.ok(Math.abs(meanSquare(range) - 1) < 0.1, `γ has the mean square ${meanSquare(range)}`);
});

test("the first convolution of GE's gather has the same gain, whatever its window", () => {
  const gains = [0, 2, 4].map((extent) => {
    const kernel = weightsOfGate(`{type=ge,mlp=false,parameters=true,extent=${extent}}`)[0];
    assert.ok(kernel?.kind === "normal");
    const [, , height = 0, width = 0] = kernel.dims;
    assert.equal([height, width], extent === 0 ? [5, 7] : [3, 3]);
    return kernel.std * Math.sqrt(height * width);
  });
  // Deviations have three digits.
  for (const gain of gains) assert.ok(Math.abs(gain / (gains[0] ?? 0) - 1) < 0.01, gains.join(" "));
});

test("normalisations turn signs, and their statistics are not their input's", () => {
  const text = printGraph(runPasses(deepNetwork("silu", "eca"), parsePipeline("stress-weights")).graph);
  assert.match(text, '@/blocks/0/expand.norm0 = uniform([64], -1.6, 3.2, "stress:/blocks/0/expand.norm0")');
  assert.match(text, /@\/blocks\/0\/expand\.norm3 = uniform\(\[64\], 0\.5, 1\.5,/);
});

test.run();
