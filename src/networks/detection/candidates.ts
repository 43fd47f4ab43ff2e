import { Defect } from "../../base/diagnostic.js";
import type { Value } from "../../ir/graph.js";
import { featureMap } from "../../ir/types.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import type { LevelAnchors } from "../../language/detection/anchors.js";
import { anchorsPerPixel } from "../../language/detection/resolved.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { anchorsOf } from "./anchors.js";
import { type BoxScale, movedBoxes } from "./boxes.js";
import { rowsOf } from "./selection.js";

/** What heads say of the anchors of one map, for one image. */
export interface LevelHeads {
  /** [1, A · K, H, W]: for each anchor a logit of each class. */
  readonly scores: Value;
  /** [1, A · 4, H, W]: for each anchor how its box moves. */
  readonly boxes: Value;
  readonly anchors: LevelAnchors;
}

/** The best anchors of all maps. */
export interface AnchorCandidates {
  /** [M]. */
  readonly logits: Value;
  /** The class of each, [M]. */
  readonly labels: Value;
  /** [M, 4]. */
  readonly boxes: Value;
  /** How many of them each map has. */
  readonly counts: readonly number[];
}

/** Of a class of an anchor. */
interface LevelCandidates {
  readonly logits: Value;
  readonly labels: Value;
  readonly steps: Value;
  readonly anchors: Value;
  readonly count: number;
}

/** Anchors are moved by what the layers say, as it is. */
const UNSCALED: BoxScale = { centre: 1, sides: 1 };

/**
 * The `most` best classes of anchors of each map, with the boxes that the anchors move to:
 *
 *     logits [1, A·K, H, W] → rows [H·W·A·K] → their best ─┬→ logits, labels
 *     steps  [1, A·4, H, W] → rows [H·W·A, 4] → those ─────┴→ boxes
 *
 * As torchvision's RetinaNet and RegionProposalNetwork have them.
 */
export function anchorCandidates(
  layers: LayerBuilder,
  levels: readonly LevelHeads[],
  { most, image }: { readonly most: number; readonly image: Sides },
  layer: string,
): AnchorCandidates {
  const all = levels.map((level, i) => ofLevel(layers, level, { most, image }, `${layer}/${i}`));
  const joined = (part: (each: LevelCandidates) => Value, name: string): Value => {
    const [first, ...others] = all.map(part);
    if (first === undefined) throw new Defect(`${layer} has no maps`);
    return others.length === 0
      ? first
      : layers.op("concat", [first, ...others], { axis: 0 }, `${layer}/${name}`);
  };
  const moved = {
    boxes: joined(({ anchors }) => anchors, "anchors"),
    steps: joined(({ steps }) => steps, "steps"),
  };
  return {
    logits: joined(({ logits }) => logits, "logits"),
    labels: joined(({ labels }) => labels, "labels"),
    boxes: movedBoxes(layers, moved, UNSCALED, image, `${layer}/moved`),
    counts: all.map(({ count }) => count),
  };
}

function ofLevel(
  layers: LayerBuilder,
  { scores, boxes, anchors }: LevelHeads,
  { most, image }: { readonly most: number; readonly image: Sides },
  layer: string,
): LevelCandidates {
  const [, channels, height, width] = featureMap(scores.type, "scores");
  const perPixel = anchorsPerPixel(anchors.sizes, anchors.ratios);
  const classes = channels / perPixel;
  const logits = pixelRows(layers, scores, perPixel, classes, `${layer}/scores`);
  const flat = layers.op("reshape", [logits], { shape: [-1] }, `${layer}/scores/flat`);
  const count = Math.min(most, height * width * channels);
  const k = layers.numbers(`${layer}/count`, [count], "int64");
  const chosen = layers.op("top_k", [flat, k], { axis: 0 }, `${layer}/best`);
  const { anchor, label } = anchorAndClass(layers, chosen, classes, layer);
  const steps = pixelRows(layers, boxes, perPixel, 4, `${layer}/boxes`);
  const grid = layers.constant(`${layer}/anchors`, (name) =>
    anchorsOf(name, anchors, [height, width], image),
  );
  return {
    logits: rowsOf(layers, flat, chosen, `${layer}/logits`),
    labels: label,
    steps: rowsOf(layers, steps, anchor, `${layer}/steps`),
    anchors: rowsOf(layers, grid, anchor, `${layer}/anchors`),
    count,
  };
}

/** [1, A · V, H, W] → [H · W · A, V]: all anchors of the first pixel, then those of the next. */
function pixelRows(layers: LayerBuilder, map: Value, anchors: number, values: number, layer: string): Value {
  const [, , height, width] = featureMap(map.type, "map");
  const parts = layers.op("reshape", [map], { shape: [anchors, values, height, width] }, `${layer}/parts`);
  const byPixel = layers.op("transpose", [parts], { permutation: [2, 3, 0, 1] }, `${layer}/pixels`);
  return layers.op("reshape", [byPixel], { shape: [-1, values] }, `${layer}/rows`);
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
