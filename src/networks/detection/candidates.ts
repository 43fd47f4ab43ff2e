import { Defect } from "../../base/diagnostic.js";
import type { Value } from "../../ir/graph.js";
import { featureMap } from "../../ir/types.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import { anchorsPerPixel, type LevelAnchors } from "../../language/detection/anchors.js";
import type { ResolvedDecoder } from "../../language/detection/decoders.js";
import type { HeadPart, ResolvedDetection } from "../../language/detection/resolved.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { cutOff } from "./boxes.js";
import { type DecodedMap, decodedBoxes, referencesName, referencesOf } from "./decoders.js";
import { rowsOf } from "./selection.js";

/** What a head made of a map, for one image, and the part of the numbers for each anchor that is meant: [1, A · V, H, W]. */
export interface MapPart {
  readonly map: Value;
  readonly part?: HeadPart["part"];
}

/** What heads say of the anchors of one map. */
export interface LevelHeads {
  /** For each anchor a logit of each class. */
  readonly scores: MapPart;
  /** For each anchor a logit for all its classes. */
  readonly confidence?: MapPart | undefined;
  /** For each anchor the numbers of its box. */
  readonly boxes: MapPart;
  /** Those around each pixel; none where boxes are relative to points, of which a pixel has one. */
  readonly anchors?: LevelAnchors | undefined;
  /** Pixels of the image that one of the map stands for. */
  readonly stride: number;
}

/** How scores and boxes follow from what heads say. */
export interface Scoring {
  readonly decoder: ResolvedDecoder;
  /** How a class's score and the confidence become one. */
  readonly join?: NonNullable<ResolvedDetection["confidence"]>["join"] | undefined;
  readonly image: Sides;
}

interface Selecting extends Scoring {
  /** Of each map. */
  readonly most: number;
  /** Whether boxes are cut off at the borders of the image. */
  readonly clips: boolean;
}

/** The best anchors of all maps. */
export interface AnchorCandidates {
  /** [M], from 0 to 1. */
  readonly scores: Value;
  /** The class of each, [M]. */
  readonly labels: Value;
  /** [M, 4]. */
  readonly boxes: Value;
  /** How many of them each map has. */
  readonly counts: readonly number[];
  /** How many classes there are. */
  readonly classes: number;
}

/** Of a class of an anchor. */
interface LevelCandidates {
  /** What they were chosen by: scores, or logits, of which the order is the same. */
  readonly ranks: Value;
  readonly labels: Value;
  readonly steps: Value;
  readonly references: Value;
  readonly count: number;
  readonly classes: number;
}

/**
 * The `most` best classes of anchors of each map, with the boxes that the decoder makes of them:
 *
 *     logits  [1, A·K, H, W] → rows [H·W·A·K] → their best ─┬→ scores, labels
 *     numbers [1, A·V, H, W] → rows [H·W·A, V] → those ─────┴→ boxes
 *
 * As torchvision's RetinaNet, FCOS and RegionProposalNetwork have them.
 */
export function anchorCandidates(
  layers: LayerBuilder,
  levels: readonly LevelHeads[],
  how: Selecting,
  layer: string,
): AnchorCandidates {
  const { decoder, image, clips } = how;
  const all = levels.map((level, i) => ofLevel(layers, level, how, i, `${layer}/${i}`));
  const joined = (part: (each: LevelCandidates) => Value, name: string): Value => {
    const [first, ...others] = all.map(part);
    if (first === undefined) throw new Defect(`${layer} has no maps`);
    return others.length === 0
      ? first
      : layers.op("concat", [first, ...others], { axis: 0 }, `${layer}/${name}`);
  };
  const encoded = {
    references: joined(({ references }) => references, referencesName(decoder)),
    numbers: joined(({ steps }) => steps, "steps"),
  };
  const isJoined = levels.some(({ confidence }) => confidence !== undefined);
  const ranks = joined(({ ranks }) => ranks, isJoined ? "scores" : "logits");
  const labels = joined(({ labels }) => labels, "labels");
  const moved = `${layer}/moved`;
  const boxes = decodedBoxes(layers, encoded, decoder, moved);
  return {
    labels,
    boxes: clips ? cutOff(layers, boxes, image, moved) : boxes,
    scores: isJoined ? ranks : layers.op("sigmoid", [ranks], {}, "scores"),
    counts: all.map(({ count }) => count),
    classes: all[0]?.classes ?? 0,
  };
}

function ofLevel(
  layers: LayerBuilder,
  { scores, confidence, boxes, anchors, stride }: LevelHeads,
  { most, image, decoder, join = "product" }: Selecting,
  index: number,
  layer: string,
): LevelCandidates {
  const [, , height, width] = featureMap(scores.map.type, "scores");
  const perPixel = anchors === undefined ? 1 : anchorsPerPixel(anchors);
  const rows = new PixelRows(layers, perPixel);
  const logits = rows.of(scores, `${layer}/scores`);
  const ranked =
    confidence === undefined
      ? logits
      : joinedScores(layers, logits, rows.of(confidence, `${layer}/confidence`), join, `${layer}/confidence`);
  const classes = Number(logits.type.dims[1]);
  const flat = layers.op("reshape", [ranked], { shape: [-1] }, `${layer}/scores/flat`);
  const count = Math.min(most, height * width * perPixel * classes);
  const k = layers.numbers(`${layer}/count`, [count], "int64");
  const chosen = layers.op("top_k", [flat, k], { axis: 0 }, `${layer}/best`);
  const { anchor, label } = anchorAndClass(layers, chosen, classes, layer);
  const steps = rows.of(boxes, `${layer}/boxes`);
  const map: DecodedMap = { index, sides: [height, width], anchors, stride, image };
  const what = referencesName(decoder);
  const grid = layers.constant(`${layer}/${what}`, (name) => referencesOf(name, decoder, map, perPixel));
  return {
    ranks: rowsOf(layers, flat, chosen, confidence === undefined ? `${layer}/logits` : `${layer}/ranks`),
    labels: label,
    steps: rowsOf(layers, steps, anchor, `${layer}/steps`),
    references: rowsOf(layers, grid, anchor, `${layer}/${what}`),
    count,
    classes,
  };
}

/** Scores [R, K] of classes' logits [R, K] and of those of their anchors, [R, 1]: the product, or its square root. */
function joinedScores(
  layers: LayerBuilder,
  logits: Value,
  confidence: Value,
  join: NonNullable<Scoring["join"]>,
  layer: string,
): Value {
  const own = layers.op("sigmoid", [logits], {}, `${layer}/classes`);
  const shared = layers.op("sigmoid", [confidence], {}, `${layer}/anchors`);
  const product = layers.op("mul", [own, shared], {}, `${layer}/product`);
  return join === "product" ? product : layers.op("sqrt", [product], {}, `${layer}/mean`);
}

/** The rows of maps, [H · W · A, V]: all anchors of the first pixel, then those of the next. A map that several parts are of is arranged once. */
class PixelRows {
  readonly #layers: LayerBuilder;
  readonly #perPixel: number;
  readonly #rows = new Map<Value, Value>();

  constructor(layers: LayerBuilder, perPixel: number) {
    this.#layers = layers;
    this.#perPixel = perPixel;
  }

  of({ map, part }: MapPart, layer: string): Value {
    const rows = this.#rows.get(map) ?? this.#arranged(map, layer);
    this.#rows.set(map, rows);
    return part === undefined
      ? rows
      : this.#layers.op("slice", [rows], { axis: 1, ...part }, `${layer}/part`);
  }

  #arranged(map: Value, layer: string): Value {
    const layers = this.#layers;
    const [, channels, height, width] = featureMap(map.type, "map");
    const values = channels / this.#perPixel;
    const shape = [this.#perPixel, values, height, width];
    const parts = layers.op("reshape", [map], { shape }, `${layer}/parts`);
    const byPixel = layers.op("transpose", [parts], { permutation: [2, 3, 0, 1] }, `${layer}/pixels`);
    return layers.op("reshape", [byPixel], { shape: [-1, values] }, `${layer}/rows`);
  }
}

/** Of indices through [anchors, classes] both. */
function anchorAndClass(
  layers: LayerBuilder,
  index: Value,
  classes: number,
  layer: string,
): { readonly anchor: Value; readonly label: Value } {
  const count = layers.numbers(`${layer}/classes`, classes, "int64");
  const anchor = layers.op("div", [index, count], {}, `${layer}/anchor`);
  const first = layers.op("mul", [anchor, count], {}, `${layer}/first_class`);
  return { anchor, label: layers.op("sub", [index, first], {}, `${layer}/label`) };
}
