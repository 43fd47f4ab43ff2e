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

/**
 * Networks of timm with random weights, from their block strings: the interpreter must give timm's float64
 * output, the export in ONNX Runtime the same up to float32's rounding.
 */
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
const TO_ECA = { passes: ["swap-attention{from=se,to=eca}"] };
const TENSORFLOW = { padding: "same", norm: { epsilon: 1e-3 } };

const NETWORKS = {
  effnet_se: { stages: SE, head: 96, input: [32, 32], defaults: {}, more: {} },
  effnet_eca: { stages: SE, head: 96, input: [32, 32], defaults: {}, more: TO_ECA },
  effnet_tf_same_se: { stages: TF, head: 64, input: [45, 38], defaults: TENSORFLOW, more: {} },
} as const;

const test = suite("reference: timm's networks");

for (const [name, { stages, head, input, defaults, more }] of Object.entries(NETWORKS)) {
  const graph = withTimmWeights(
    networkOf({
      name,
      input: { channels: 3, height: input[0], width: input[1] },
      defaults: {
        activation: "silu",
        attention: { se: { ratioOf: "block-input", activation: "silu" } },
        ...defaults,
      },
      stem: { channels: 16, kernel: 3, stride: 2 },
      stages,
      head: { channels: head, classes: 10 },
      ...more,
    }),
    `test/data/timm/${name}.safetensors`,
  );
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

function networkOf(spec: object): Graph {
  const { resolved } = parseSpecText(JSON.stringify(spec), "timm.json");
  return runPasses(buildNetwork(resolved), resolved.passes).graph;
}

/** The graph with the weights of a safetensors file under timm's names; none may be missing or of another size. */
function withTimmWeights(graph: Graph, file: string): Graph {
  const tensors = readSafetensors(file);
  const used = new Set<string>();
  const weighted = replaceParameters(graph, (parameter) => {
    const name = timmName(parameter.name, graph);
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

/** timm names layers by their kind and counts the normalisations. */
function timmName(name: string, graph: Graph): string {
  const [, stage, index, layer] = /^stages\.(\d+)\.blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (layer === undefined) {
    return name
      .replace(/^stem\.conv/, "conv_stem")
      .replace(/^stem\.norm/, "bn1")
      .replace(/^head\.conv/, "conv_head")
      .replace(/^head\.norm/, "bn2")
      .replace(/^head\.classifier/, "classifier");
  }
  const separable = graph.blocks.some(
    ({ scope, type }) => scope === `/stages/${stage}/blocks/${index}` && type === "depthwise-separable",
  );
  const layers = separable
    ? { depthwise: ["conv_dw", "bn1"], project: ["conv_pw", "bn2"] }
    : { expand: ["conv_pw", "bn1"], depthwise: ["conv_dw", "bn2"], project: ["conv_pwl", "bn3"] };
  const renamed = Object.entries(layers).reduce(
    (text, [ours, [conv, norm]]) =>
      text.replace(`${ours}.conv.`, `${conv}.`).replace(`${ours}.norm.`, `${norm}.`),
    layer
      .replace("attention.conv.", "se.conv.")
      .replace("attention.reduce.", "se.conv_reduce.")
      .replace("attention.expand.", "se.conv_expand."),
  );
  return `blocks.${stage}.${index}.${renamed}`;
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
