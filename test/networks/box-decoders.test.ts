import { suite } from "uvu";
import * as assert from "uvu/assert";
import { specNetwork } from "../../src/given/spec-file.js";
import { GraphBuilder } from "../../src/ir/builder.js";
import { nameOutputs } from "../../src/ir/rewrite.js";
import type { Tensor } from "../../src/ir/tensor.js";
import { tensorType } from "../../src/ir/types.js";
import { headPartOf, type ResolvedDetection } from "../../src/language/detection/resolved.js";
import { LayerBuilder } from "../../src/networks/blocks/layers.js";
import { anchorCandidates, type LevelHeads } from "../../src/networks/detection/candidates.js";
import { evaluateGraph } from "../../src/reference/interpreter.js";
import { materialize } from "../../src/weights/values/materialize.js";

/**
 * What the specs say of their rows against the authors' formulas, written here as loops over the rows that the raw networks give, box by
 * box. Every row becomes one box for each class.
 */
const test = suite("networks: decoders of boxes");

const IMAGE = 64;

/** The formulas, of what one spec's heads say. Boxes are left, top, right and bottom. */
interface Published {
  readonly spec: string;
  readonly strides: readonly number[];
  /** Boxes of each pixel. */
  readonly anchors: number;
  /** The numbers of a row, head by head, as the raw network has them. */
  readonly heads: Readonly<Record<string, number>>;
  readonly box: (row: Row) => readonly number[];
  /** Of each class. */
  readonly scores: (row: Row) => readonly number[];
}

/** What the heads say of an anchor of a pixel. */
interface Row {
  readonly of: Readonly<Record<string, readonly number[]>>;
  readonly level: number;
  readonly stride: number;
  readonly anchor: number;
  readonly x: number;
  readonly y: number;
}

const sigmoid = (t: number): number => 1 / (1 + Math.exp(-t));
const around = (x: number, y: number, width: number, height: number): readonly number[] => [
  x - width / 2,
  y - height / 2,
  x + width / 2,
  y + height / 2,
];
const numbersOf = (row: Row, head: string): readonly number[] => row.of[head] ?? [];

/** Σ i · softmax(t)ᵢ. */
function mean(logits: readonly number[]): number {
  const powers = logits.map(Math.exp);
  const total = powers.reduce((sum, each) => sum + each, 0);
  return powers.reduce((sum, each, i) => sum + (i * each) / total, 0);
}

/** Objectness times the class's probability, of rows [x, y, w, h, objectness, classes]. */
function objectScores(row: Row): readonly number[] {
  const [, , , , objectness = 0, ...classes] = numbersOf(row, "detections");
  return classes.map((t) => sigmoid(objectness) * sigmoid(t));
}

const YOLOV5_ANCHORS = [
  [10, 13, 16, 30, 33, 23],
  [30, 61, 62, 45, 59, 119],
  [116, 90, 156, 198, 373, 326],
];

const YOLOV4_ANCHORS = [12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401];
const SCALE_X_Y = [1.2, 1.1, 1.05];

const PUBLISHED: readonly Published[] = [
  {
    // ultralytics/yolov5, models/yolo.py, Detect.forward: xy = (2σ(t) - 0.5 + cell) · stride, wh = (2σ(t))² · anchor; anchors of
    // models/yolov5s.yaml.
    spec: "yolov5s",
    strides: [8, 16, 32],
    anchors: 3,
    heads: { detections: 85 },
    box(row) {
      const [tx = 0, ty = 0, tw = 0, th = 0] = numbersOf(row, "detections");
      const own = YOLOV5_ANCHORS[row.level]?.slice(2 * row.anchor) ?? [];
      const [width = 0, height = 0] = own;
      const x = (sigmoid(tx) * 2 - 0.5 + row.x) * row.stride;
      const y = (sigmoid(ty) * 2 - 0.5 + row.y) * row.stride;
      return around(x, y, (sigmoid(tw) * 2) ** 2 * width, (sigmoid(th) * 2) ** 2 * height);
    },
    scores: objectScores,
  },
  {
    // AlexeyAB/darknet, src/yolo_layer.c: σ(t) is scaled by scale_x_y about 1/2 in forward_yolo_layer, get_yolo_box adds the cell and
    // has exp(t) · anchor; anchors, masks and scale_x_y of cfg/yolov4.cfg. Bochkovskiy et al., YOLOv4, 2020, section 3.4 ("grid sensitivity").
    spec: "yolov4",
    strides: [8, 16, 32],
    anchors: 3,
    heads: { detections: 85 },
    box(row) {
      const [tx = 0, ty = 0, tw = 0, th = 0] = numbersOf(row, "detections");
      const mask = 3 * row.level + row.anchor;
      const [width = 0, height = 0] = YOLOV4_ANCHORS.slice(2 * mask);
      const scale = SCALE_X_Y[row.level] ?? 1;
      const within = (t: number): number => sigmoid(t) * scale - (scale - 1) / 2;
      const x = (within(tx) + row.x) * row.stride;
      const y = (within(ty) + row.y) * row.stride;
      return around(x, y, Math.exp(tw) * width, Math.exp(th) * height);
    },
    scores: objectScores,
  },
  {
    // ultralytics/ultralytics, nn/modules/head.py: Detect, and utils/tal.py: dist2bbox, make_anchors with an offset of 0.5; Li et al.,
    // Generalized Focal Loss, NeurIPS 2020, equation 5.
    spec: "yolov8n",
    strides: [8, 16, 32],
    anchors: 1,
    heads: { boxes: 64, classes: 80 },
    box(row) {
      const t = numbersOf(row, "boxes");
      const [left = 0, top = 0, right = 0, bottom = 0] = [0, 1, 2, 3].map((i) =>
        mean(t.slice(16 * i, 16 * (i + 1))),
      );
      const [x, y] = [row.x + 0.5, row.y + 0.5];
      return [x - left, y - top, x + right, y + bottom].map((each) => each * row.stride);
    },
    scores: (row) => numbersOf(row, "classes").map(sigmoid),
  },
  {
    // google/automl, efficientdet/keras/anchors.py: Anchors, three octaves of each aspect, and decode_box_outputs; hparams_config.py:
    // anchor_scale 4, aspect_ratios (1, 1), (1.4, 0.7), (0.7, 1.4). Tan et al., EfficientDet, CVPR 2020, section 5.1.
    spec: "efficientdet-d0",
    strides: [8, 16, 32, 64, 128],
    anchors: 9,
    heads: { boxes: 4, classes: 90 },
    box(row) {
      const [ty = 0, tx = 0, th = 0, tw = 0] = numbersOf(row, "boxes");
      const octave = Math.floor(row.anchor / 3) / 3;
      const [wide = 1, tall = 1] =
        [
          [1, 1],
          [1.4, 0.7],
          [0.7, 1.4],
        ][row.anchor % 3] ?? [];
      // Of the image's size by the map's, which is less than the level's stride where the image is small.
      const spacing = IMAGE / Math.ceil(IMAGE / row.stride);
      const size = 4 * row.stride * 2 ** octave;
      const [width, height] = [size * wide, size * tall];
      const x = tx * width + (row.x + 0.5) * spacing;
      const y = ty * height + (row.y + 0.5) * spacing;
      return around(x, y, Math.exp(tw) * width, Math.exp(th) * height);
    },
    scores: (row) => numbersOf(row, "classes").map(sigmoid),
  },
];

/** Numbers of [-2, 2) that differ from place to place. */
function said(count: number, seed: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => {
    const x = Math.sin((i + 1) * 12.9898 + seed * 78.233) * 43758.5453;
    return Math.fround(4 * (x - Math.floor(x)) - 2);
  });
}

/** The maps of a head, by level. */
function mapsOf({ strides, anchors }: Published, values: number, seed: number): readonly Tensor[] {
  return strides.map((stride, level) => {
    const side = Math.ceil(IMAGE / stride);
    const dims = [1, anchors * values, side, side];
    return { dims, data: said(anchors * values * side * side, 10 * seed + level) };
  });
}

/** Every box of every class with its score, by ecagen's layers: nothing is cut off or left out. */
function decoded(detection: ResolvedDetection, maps: ReadonlyMap<string, readonly Tensor[]>) {
  const builder = new GraphBuilder("decoded");
  const inputs = new Map(
    [...maps].map(([head, levels]) => [
      head,
      levels.map(({ dims }, i) => builder.input(`${head}${i}`, tensorType(dims))),
    ]),
  );
  const partOn = (level: number, written: Parameters<typeof headPartOf>[0]) => {
    const { head, part } = headPartOf(written);
    const map = inputs.get(head)?.[level];
    if (map === undefined) throw new Error(`no head ${head}`);
    return { map, part };
  };
  const levels = detection.strides.map(
    (stride, i): LevelHeads => ({
      scores: partOn(i, detection.scores),
      confidence: detection.confidence && partOn(i, detection.confidence.of),
      boxes: partOn(i, detection.boxes),
      anchors: detection.anchors?.[i],
      stride,
    }),
  );
  const layers = new LayerBuilder(builder, { scope: "/detection" });
  const { decoder, confidence } = detection;
  const how = { decoder, join: confidence?.join, image: [IMAGE, IMAGE] as const };
  const all = anchorCandidates(layers, levels, { ...how, most: 1e9, clips: false }, "candidates");
  const { boxes, scores, labels, counts } = all;
  const graph = nameOutputs(builder.finish([boxes, scores, labels]), ["boxes", "scores", "labels"]);
  const given = [...maps].flatMap(([head, own]) => own.map((map, i) => [`${head}${i}`, map] as const));
  const outputs = evaluateGraph(graph, new Map(given), ({ data, type }) => ({
    dims: data.dims,
    data: materialize(data, 0, type.dtype),
  }));
  return { outputs, counts };
}

/** A box of a class, as a line of numbers that can be sorted. */
type Line = readonly number[];

function byNumbers(a: Line, b: Line): number {
  const at = a.findIndex((each, i) => Math.abs(each - (b[i] ?? 0)) > 1e-6);
  return at < 0 ? 0 : (a[at] ?? 0) - (b[at] ?? 0);
}

/** What the formulas say of all rows, with the level, label and score first. */
function expected(of: Published, maps: ReadonlyMap<string, readonly Tensor[]>): readonly Line[] {
  return of.strides.flatMap((stride, level) => {
    const side = Math.ceil(IMAGE / stride);
    return Array.from({ length: side * side * of.anchors }, (_, i) => {
      const [pixel, anchor] = [Math.floor(i / of.anchors), i % of.anchors];
      const numbers = Object.entries(of.heads).map(([head, values]) => {
        const data = maps.get(head)?.[level]?.data ?? [];
        const channel = (k: number): number =>
          data[(anchor * values + k) * side * side + pixel] ?? Number.NaN;
        return [head, Array.from({ length: values }, (_, k) => channel(k))] as const;
      });
      const place = { level, stride, anchor, x: pixel % side, y: Math.floor(pixel / side) };
      const row = { of: Object.fromEntries(numbers), ...place };
      const box = of.box(row);
      return of.scores(row).map((score, label) => [level, label, score, ...box]);
    }).flat();
  });
}

for (const of of PUBLISHED) {
  test(`${of.spec}: boxes and scores are those of the published formula`, () => {
    const { detection } = specNetwork(of.spec, { resolution: IMAGE }).spec.resolved;
    assert.ok(detection);
    assert.equal(detection.strides, of.strides);
    const maps = new Map(
      Object.entries(of.heads).map(([head, values], seed) => [head, mapsOf(of, values, seed)] as const),
    );
    const { outputs, counts } = decoded(detection, maps);
    const [boxes, scores, labels] = ["boxes", "scores", "labels"].map(
      (name) => outputs.get(name)?.data ?? [],
    );
    const levels = counts.flatMap((count, level) => Array.from({ length: count }, () => level));
    const found = levels.map((level, i): Line => {
      const box = [0, 1, 2, 3].map((k) => boxes?.[4 * i + k] ?? Number.NaN);
      return [level, labels?.[i] ?? -1, scores?.[i] ?? Number.NaN, ...box];
    });
    const wanted = expected(of, maps);
    assert.is(found.length, wanted.length);
    const sorted = [...found].sort(byNumbers);
    [...wanted].sort(byNumbers).forEach((line, i) => {
      line.forEach((number, k) => {
        const own = sorted[i]?.[k] ?? Number.NaN;
        assert.ok(
          Math.abs(own - number) <= 1e-5 * Math.max(1, Math.abs(number)),
          `${sorted[i]} is not ${line}`,
        );
      });
    });
  });
}

test("with boxes a file ends in three outputs, and without it is as it was", () => {
  for (const { spec } of [...PUBLISHED, { spec: "fcos-resnet50-fpn" }]) {
    const names = (name: string) =>
      specNetwork(name, { resolution: 128 }).graph.outputs.map((output) => output.name);
    assert.equal(names(`${spec}-boxes`), ["boxes", "scores", "labels"]);
    assert.not.ok(names(spec).includes("labels"));
  }
});

test.run();
