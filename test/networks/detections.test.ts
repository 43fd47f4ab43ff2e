import { readFileSync } from "node:fs";
import { InferenceSession } from "onnxruntime-node";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { GraphBuilder } from "../../src/ir/builder.js";
import type { Graph, Value } from "../../src/ir/graph.js";
import { nameOutputs, replaceParameters } from "../../src/ir/rewrite.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { tensorType } from "../../src/ir/types.js";
import { storedWeight } from "../../src/ir/weight.js";
import { resolveDecoder } from "../../src/language/detection/decoders.js";
import { LayerBuilder } from "../../src/networks/blocks/layers.js";
import type { LevelHeads } from "../../src/networks/detection/candidates.js";
import { oneStageDetections } from "../../src/networks/detection/one-stage.js";
import { proposalsOf } from "../../src/networks/detection/proposals.js";
import {
  buildBoxHead,
  buildKeypointHead,
  buildMaskHead,
  masksOf,
  regionDetections,
} from "../../src/networks/detection/region-heads.js";
import { alignedRegions } from "../../src/networks/detection/regions.js";
import { modelBytes } from "../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../src/onnx/encode/export.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";
import { feedsOf, numbersOf } from "../onnx/agreement.js";

/** Detections of random heads, beside those of torchvision's functions (test/python/detections_fixture.py). */
const test = suite("networks: detections as torchvision's");

interface Written {
  readonly dims: readonly number[];
  readonly data: string;
}

interface Case {
  readonly image: readonly [number, number];
  /** Of anchors. */
  readonly sizes?: readonly (readonly number[])[];
  /** What distances are in, of each map: for boxes that are relative to points. */
  readonly units?: readonly number[];
  /** Of the maps that regions are cut out of; left out for one stage. */
  readonly strides?: readonly number[];
  readonly detections?: number;
  readonly candidates?: number;
  readonly count?: number;
  readonly overlap?: number;
  readonly inputs: Readonly<Record<string, Written>>;
  readonly weights?: Readonly<Record<string, Written>>;
  readonly expected: Readonly<Record<string, Written>>;
}

const cases = JSON.parse(readFileSync("test/data/detections.json", "utf8")) as Readonly<Record<string, Case>>;

/** Of the largest number: float32's roundings through exponentials. */
const TOLERANCE = 1e-5;
/** Masks are cut out where rounded boxes are. */
const MASKS_TOLERANCE = 5e-5;

function read({ dims, data }: Written): Tensor {
  const bytes = Uint8Array.from(Buffer.from(data, "base64"));
  return { dims, data: Float64Array.from(new Float32Array(bytes.buffer)) };
}

const ratios = [0.5, 1, 2];
const OFFSETS = resolveDecoder("offsets");

function levelsOf(builder: GraphBuilder, { inputs, sizes = [] }: Case): LevelHeads[] {
  const input = (name: string): Value => builder.input(name, tensorType(inputs[name]?.dims ?? []));
  return sizes.map((own, i) => ({
    scores: { map: input(`scores${i}`) },
    boxes: { map: input(`boxes${i}`) },
    anchors: { sizes: own, ratios },
    // Boxes of anchors don't depend on it.
    stride: 1,
  }));
}

function graphOf(builder: GraphBuilder, outputs: Readonly<Record<string, Value>>): Graph {
  return nameOutputs(builder.finish(Object.values(outputs)), Object.keys(outputs));
}

function oneStage(given: Case): Graph {
  const builder = new GraphBuilder("one stage");
  const layers = new LayerBuilder(builder, { scope: "/detection" });
  const levels = levelsOf(builder, given);
  const { image, detections = 0 } = given;
  const limits = { scoreThreshold: 0.05, nmsThreshold: 0.5, detections, candidates: 200 };
  const how = { decoder: OFFSETS, clip: "before-nms", image } as const;
  return graphOf(builder, { ...oneStageDetections(layers, levels, { ...how, ...limits }) });
}

/** FCOS: each pixel has a box, and a confidence beside its scores. */
function points(given: Case, units: readonly number[]): Graph {
  const builder = new GraphBuilder("points");
  const layers = new LayerBuilder(builder, { scope: "/detection" });
  const { image, detections = 0, inputs } = given;
  const input = (name: string) => ({ map: builder.input(name, tensorType(inputs[name]?.dims ?? [])) });
  const levels = units.map(
    (stride, i): LevelHeads => ({
      scores: input(`scores${i}`),
      confidence: input(`confidence${i}`),
      boxes: input(`boxes${i}`),
      stride,
    }),
  );
  const limits = { scoreThreshold: 0.2, nmsThreshold: 0.6, detections, candidates: 80 };
  const how = { decoder: resolveDecoder("distances"), join: "geometric-mean", clip: "before-nms" } as const;
  return graphOf(builder, { ...oneStageDetections(layers, levels, { ...how, image, ...limits }) });
}

function graphFor(given: Case): Graph {
  if (given.units !== undefined) return points(given, given.units);
  return given.strides === undefined ? oneStage(given) : twoStage(given, given.strides);
}

/** What the parameters are called by torchvision. */
const NAMES: Readonly<Record<string, string>> = {
  "box.dense.0": "box_head.fc6",
  "box.dense.1": "box_head.fc7",
  "box.classes": "box_predictor.cls_score",
  "box.boxes": "box_predictor.bbox_pred",
  "mask.0.conv": "mask_head.0.0",
  "mask.1.conv": "mask_head.1.0",
  "mask.upsample": "mask_predictor.conv5_mask",
  "mask.masks.conv": "mask_predictor.mask_fcn_logits",
  "keypoints.0.conv": "keypoint_head.0",
  "keypoints.1.conv": "keypoint_head.2",
  "keypoints.upsample": "keypoint_predictor.kps_score_lowres",
};

function twoStage(given: Case, strides: readonly number[]): Graph {
  const { image, candidates = 0, count = 0, overlap = 0, inputs, weights = {}, expected } = given;
  const builder = new GraphBuilder("two stages");
  const at = (scope: string): LayerBuilder => new LayerBuilder(builder, { scope });
  const levels = levelsOf(builder, given);
  const maps = strides.map((stride, i) => ({
    map: builder.input(`features${i}`, tensorType(inputs[`features${i}`]?.dims ?? [])),
    stride,
  }));
  const classes = expected.class_logits?.dims[1] ?? 0;
  const proposals = proposalsOf(at("/proposals"), levels, {
    candidates,
    nmsThreshold: overlap,
    count,
    image,
    decoder: OFFSETS,
  });
  const norm = { epsilon: 1e-5, momentum: 0.1 } as const;
  const start = { classes, initialization: "resnet", norm, normalized: false } as const;
  const cut = alignedRegions(at("/box"), maps, proposals, { size: 3, samples: 2 }, "regions");
  const logits = buildBoxHead(at("/box"), cut, { ...start, channels: [], hidden: [8, 8] });
  const limits = { scoreThreshold: 0.05, nmsThreshold: 0.5, detections: 100, image };
  const found = regionDetections(at("/detections"), proposals, logits, limits);
  const seen = alignedRegions(at("/mask"), maps, found.boxes, { size: 4, samples: 2 }, "masked");
  const masks = buildMaskHead(at("/mask"), seen, { ...start, channels: [4, 4], hidden: 5 });
  const points = expected.keypoint_logits?.dims[1];
  const keypointsOf = (): Value => {
    const over = alignedRegions(at("/keypoints"), maps, found.boxes, { size: 4, samples: 2 }, "seen");
    return buildKeypointHead(at("/keypoints"), over, { ...start, channels: [6, 5], count: points ?? 0 });
  };
  const graph = graphOf(builder, {
    ...found,
    masks: masksOf(at("/mask"), masks, found.labels),
    ...(points === undefined ? {} : { keypoint_logits: keypointsOf() }),
    proposals,
    class_logits: logits.classes,
    box_regression: logits.boxes,
  });
  return replaceParameters(graph, (parameter) => {
    if (parameter.role !== "trainable") return parameter;
    const [, layer = "", kind = ""] = /^(.*)\.(\w+)$/.exec(parameter.name) ?? [];
    const { dims, data } = read(weights[`${NAMES[layer]}.${kind}`] as Written);
    assert.equal(parameter.type.dims, dims, parameter.name);
    return { ...parameter, data: storedWeight(dims, parameter.name, Float32Array.from(data)) };
  });
}

function evaluated(graph: Graph, inputs: ReadonlyMap<string, Tensor>): ReadonlyMap<string, Tensor> {
  return evaluateGraph(graph, inputs, ({ data, type }) => ({
    dims: data.dims,
    data: materialize(data, 0, type.dtype),
  }));
}

async function byRuntime(
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
): Promise<ReadonlyMap<string, Tensor>> {
  const bytes = modelBytes(encodeModel(graph, { producerVersion: "0" }), { seed: 0 });
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 });
  const outputs = await session.run(feedsOf(graph, inputs));
  await session.release();
  return new Map(
    graph.outputs.map(({ name }) => {
      const output = outputs[name];
      if (output === undefined) throw new Error(`no output ${name}`);
      return [name, { dims: output.dims, data: numbersOf(output) }];
    }),
  );
}

/** Outputs with a row for each proposal. */
const OF_PROPOSALS: readonly string[] = ["proposals", "class_logits", "box_regression"];

/** Proposals that fill up have no counterpart: the first rows are compared, and the others must be empty boxes. */
function compare(name: string, expected: Tensor, actual: Tensor, filledUp: boolean): void {
  const rows = expected.dims[0] ?? 0;
  if (filledUp) assert.ok((actual.dims[0] ?? 0) >= rows, name);
  else assert.equal([...actual.dims], [...expected.dims], name);
  const tolerance = name === "masks" ? MASKS_TOLERANCE : TOLERANCE;
  const scale = expected.data.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
  expected.data.forEach((x, i) => {
    const y = actual.data[i] as number;
    assert.ok(Math.abs(x - y) <= tolerance * scale, `${name}[${i}] is ${y}, not ${x}`);
  });
  if (name === "proposals") assert.ok(actual.data.subarray(expected.data.length).every((x) => x === 0));
}

for (const [name, given] of Object.entries(cases)) {
  const graph = graphFor(given);
  const inputs = new Map(Object.entries(given.inputs).map(([key, each]) => [key, read(each)]));
  const check = (outputs: ReadonlyMap<string, Tensor>): void => {
    const found = ["boxes", "scores", "labels"];
    const points = given.expected.keypoint_logits === undefined ? [] : ["keypoint_logits"];
    assert.equal(
      [...outputs.keys()],
      given.strides === undefined ? found : [...found, "masks", ...points, ...OF_PROPOSALS],
    );
    for (const [key, actual] of outputs)
      compare(key, read(given.expected[key] as Written), actual, OF_PROPOSALS.includes(key));
  };
  test(`${name}: the interpreter`, () => check(evaluated(graph, inputs)));
  test(`${name}: ONNX Runtime`, async () => check(await byRuntime(graph, inputs)));
}

test("some cases are filled up with empty boxes, and each has 30 detections or more", () => {
  const counts = Object.values(cases).map(({ expected }) => expected.boxes?.dims[0] ?? 0);
  assert.ok(
    counts.every((count) => count >= 30),
    counts.join(),
  );
  const proposals = Object.values(cases).map(
    ({ count = 0, expected }) => count - (expected.proposals?.dims[0] ?? 0),
  );
  assert.ok(
    proposals.some((missing) => missing > 0),
    proposals.join(),
  );
});

test.run();
