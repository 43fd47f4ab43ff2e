import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { buildNetwork } from "../../src/blocks/network.js";
import { makeParameter } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { replaceParameters } from "../../src/ir/rewrite.js";
import { concreteDims, elementCount } from "../../src/ir/types.js";
import { storedWeight } from "../../src/ir/weight.js";
import { encodeModel } from "../../src/onnx/export.js";
import { modelBytes } from "../../src/onnx/write.js";
import { exportPipeline } from "../../src/passes/export-pipeline.js";
import { runPasses } from "../../src/passes/manager.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { distance } from "../../src/runtime/compare.js";
import { openSession } from "../../src/runtime/session.js";
import { parseSpecText } from "../../src/spec/load.js";
import { materialize } from "../../src/weights/materialize.js";
import { efficientNetNames, resNetNames, type TimmNames } from "./timm-names.js";

/**
 * Small networks of timm, and one of the SENet paper's variants, with random weights: the interpreter must give their
 * float64 output, the export in ONNX Runtime the same up to float32's rounding.
 */
interface TimmNetwork {
  readonly spec: Readonly<Record<string, unknown>>;
  readonly names: TimmNames;
  /** Height and width. */
  readonly input: readonly [number, number];
}

function efficientNet(
  input: TimmNetwork["input"],
  stages: readonly string[],
  headChannels: number,
  defaults: object = {},
  more: object = {},
): TimmNetwork {
  return {
    input,
    names: efficientNetNames(),
    spec: {
      defaults: {
        activation: "silu",
        attention: { se: { ratioOf: "block-input", activation: "silu" } },
        ...defaults,
      },
      stem: { channels: 16, kernel: 3, stride: 2 },
      stages,
      head: { channels: headChannels },
      ...more,
    },
  };
}

function resNet(
  input: TimmNetwork["input"],
  stages: readonly object[],
  attention: unknown,
  { kind = "plain" as "plain" | "d", stem = { channels: 64, kernel: 7 } as object, divisor = 8 } = {},
): TimmNetwork {
  return {
    input,
    names: resNetNames(kind),
    spec: {
      defaults: { activation: "relu", attention: { se: { divisor } } },
      attention,
      stem: { ...stem, pool: { kernel: 3, stride: 2 } },
      stages: stages.map((stage, i) => ({ stride: i === 0 ? 1 : 2, ...stage })),
    },
  };
}

const SE = [
  "ds_r1_k3_s1_e1_c8_se0.25",
  "ir_r2_k3_s2_e6_c16_se0.25",
  "ir_r2_k5_s2_e6_c24_se0.25",
  "ir_r1_k3_s1_e4_c32_se0.25",
];
const TF = [
  "ds_r1_k3_s1_e1_c16_se0.25",
  "ir_r2_k3_s2_e6_c16_se0.25",
  "ir_r1_k5_s2_e6_c24_se0.25",
  "ir_r2_k5_s2_e3_c40_se0.25",
];
const V2 = [
  "cn_r2_k3_s1_e1_c16_skip",
  "er_r2_k3_s2_e4_c24",
  "er_r1_k3_s2_e1_c24",
  "ir_r2_k3_s2_e4_c32_se0.25",
];
const V3 = [
  "ds_r1_k3_s2_e1_c16_se0.25_nre",
  "ir_r1_k3_s2_e4.5_c24_nre",
  "ir_r1_k3_s1_e3.67_c24_nre",
  "ir_r1_k5_s2_e4_c40_se0.25",
  "ir_r1_k5_s1_e6_c40_se0.25",
  "cn_r1_k1_s1_c96",
];

const widths = (channels: readonly number[], stage: object): readonly object[] =>
  channels.map((each) => ({ channels: each, ...stage }));
const repeated = (stages: readonly object[], repeats: readonly number[]): readonly object[] =>
  stages.map((stage, i) => ({ ...stage, repeat: repeats[i] }));

const BOTTLENECK = { block: "bottleneck" };
const EPSILON = { norm: { epsilon: 1e-3 } };

const NETWORKS: Readonly<Record<string, TimmNetwork>> = {
  effnet_se: efficientNet([32, 32], SE, 96),
  effnet_eca: efficientNet([32, 32], SE, 96, {}, { passes: ["swap-attention{from=se,to=eca}"] }),
  effnet_tf_same_se: efficientNet([45, 38], TF, 64, { padding: "same", ...EPSILON }),
  effnetv2_se: efficientNet([48, 48], V2, 64, EPSILON),
  mobilenetv3_se: {
    input: [64, 64],
    // timm has two strings each in its second and third stage.
    names: efficientNetNames([
      [0, 0],
      [1, 0],
      [1, 1],
      [2, 0],
      [2, 1],
      [3, 0],
    ]),
    spec: {
      defaults: { activation: "hard_swish", attention: { se: { divisor: 8, gate: "hard_sigmoid" } } },
      stem: { channels: 16, kernel: 3, stride: 2 },
      stages: V3,
      head: { poolFirst: true },
    },
  },
  resnet_basic_se: resNet([64, 64], widths([16, 24, 32, 48], { block: "basic" }), "se"),
  resnext_se: resNet([64, 64], widths([64, 128, 128, 128], { ...BOTTLENECK, groups: 4 }), "se"),
  resnet_d_eca: resNet(
    [70, 62],
    repeated(widths([32, 64, 96, 128], { ...BOTTLENECK, shortcut: "average-pool" }), [1, 2, 1, 1]),
    "eca",
    { kind: "d", stem: { deep: [16, 16], channels: 32 } },
  ),
  paper_se_pre: resNet(
    [64, 64],
    repeated(widths([32, 64, 128, 256], BOTTLENECK), [1, 2, 1, 1]),
    { type: "se", position: "pre" },
    { divisor: 1 },
  ),
};

const test = suite("reference: timm's networks");

for (const [name, { spec, names, input }] of Object.entries(NETWORKS)) {
  const weights = readSafetensors(`test/data/timm/${name}.safetensors`);
  const graph = withTimmWeights(networkOf(name, input, spec, weights), names, weights);
  const image = readNpy(`test/data/timm/${name}.input.npy`);
  const expected = readNpy(`test/data/timm/${name}.output64.npy`).data;

  test(`${name}: the interpreter gives timm's float64 output`, () => {
    const outputs = evaluateGraph(graph, new Map([["input", image]]), ({ data, type }) => ({
      dims: concreteDims(type.dims),
      data: materialize(data, 0),
    }));
    const { maxAbs } = distance(expected, outputs.get("logits")?.data ?? []);
    assert.ok(maxAbs < 1e-9, `max |Δ| is ${maxAbs}`);
  });

  for (const options of [{ opset: 17 }, { opset: 13 }, { opset: 17, keepBatchNorm: true }]) {
    test(`${name}: ONNX Runtime gives it too, with ${JSON.stringify(options)}`, async () => {
      const lowered = runPasses(graph, exportPipeline(options)).graph;
      const model = encodeModel(lowered, { opset: options.opset, producerVersion: "test" });
      const session = await openSession(modelBytes(model, { seed: 0 }));
      const feeds = new Map([["input", { dims: image.dims, data: Float32Array.from(image.data) }]]);
      const logits = (await session.run(feeds)).get("logits")?.data ?? [];
      await session.close();
      const { maxRel } = distance(expected, logits);
      assert.ok(maxRel < 1e-5, `max |Δ| is ${maxRel} of the range`);
    });
  }
}

/** The spec's network with as many classes as the weights have, and a head's convolution as wide as theirs. */
function networkOf(
  name: string,
  [height, width]: TimmNetwork["input"],
  spec: TimmNetwork["spec"],
  weights: ReadonlyMap<string, Float32Array>,
): Graph {
  const text = JSON.stringify({
    name,
    input: { height, width },
    ...spec,
    head: { ...(spec.head as object | undefined), ...headOf(weights) },
  });
  const { resolved } = parseSpecText(text, "timm.json");
  return runPasses(buildNetwork(resolved), resolved.passes).graph;
}

function headOf(weights: ReadonlyMap<string, Float32Array>): object {
  const classes = (weights.get("classifier.bias") ?? weights.get("fc.bias"))?.length;
  const channels = weights.get("conv_head.bias")?.length;
  return { classes, ...(channels === undefined ? {} : { channels }) };
}

/** The graph with weights of timm's names; none may be missing or of another size, and none left over. */
function withTimmWeights(graph: Graph, names: TimmNames, tensors: ReadonlyMap<string, Float32Array>): Graph {
  const used = new Set<string>();
  const weighted = replaceParameters(graph, (parameter) => {
    const name = names(parameter.name, graph);
    const data = tensors.get(name);
    const dims = concreteDims(parameter.type.dims);
    assert.is(data?.length, elementCount(dims), `${parameter.name} is ${name}`);
    used.add(name);
    return makeParameter(
      parameter.name,
      storedWeight(dims, name, data ?? new Float32Array()),
      parameter.role,
    );
  });
  assert.equal(
    [...tensors.keys()].filter((name) => !used.has(name)),
    [],
    "every tensor has a place",
  );
  return weighted;
}

/** The float32 tensors of a file (https://huggingface.co/docs/safetensors): length, JSON header, bytes. */
function readSafetensors(file: string): ReadonlyMap<string, Float32Array> {
  const bytes = readFileSync(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString("utf8", 8, 8 + headerLength)) as Record<
    string,
    { dtype: string; data_offsets: [number, number] }
  >;
  return new Map(
    Object.entries(header)
      .filter(([, { dtype }]) => dtype === "F32")
      .map(
        ([
          name,
          {
            data_offsets: [from, to],
          },
        ]) => {
          const start = 8 + headerLength;
          return [name, new Float32Array(Uint8Array.from(bytes.subarray(start + from, start + to)).buffer)];
        },
      ),
  );
}

/** A little-endian float array (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
function readNpy(file: string): { dims: readonly number[]; data: Float64Array } {
  const bytes = readFileSync(file);
  const start = 10 + bytes.readUInt16LE(8);
  const header = bytes.toString("latin1", 10, start);
  const dims = (/'shape': \(([^)]*)\)/.exec(header)?.[1] ?? "")
    .split(",")
    .filter((size) => size.trim() !== "")
    .map(Number);
  const { buffer } = Uint8Array.from(bytes.subarray(start));
  const data = header.includes("'<f8'")
    ? new Float64Array(buffer)
    : Float64Array.from(new Float32Array(buffer));
  return { dims, data };
}

test.run();
