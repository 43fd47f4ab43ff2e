import type { Value } from "../../ir/graph.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import type { LayerBuilder } from "../blocks/layers.js";

// Boxes are rows of left, top, right and bottom, in pixels of the network's input.

/** What a layer's numbers are multiplied by before they move a box: 1 / torchvision's weights of x, y, width and height. */
export interface BoxScale {
  readonly centre: number;
  readonly sides: number;
}

/** The largest step of a side's logarithm: a box becomes at most 62.5 times as long. */
const LARGEST_STEP = Math.log(1000 / 16);

/** The two corners of boxes, each [..., 2], and their sides. */
function cornersOf(layers: LayerBuilder, boxes: Value, layer: string) {
  const axis = boxes.type.dims.length - 1;
  const low = layers.op("slice", [boxes], { axis, start: 0, end: 2 }, `${layer}/low`);
  const high = layers.op("slice", [boxes], { axis, start: 2, end: 4 }, `${layer}/high`);
  return { axis, low, high, sides: layers.op("sub", [high, low], {}, `${layer}/sides`) };
}

/**
 * Boxes that a layer moved: [..., 4] of steps [..., 4] and boxes to which those are relative (Girshick et al., R-CNN, 2014,
 * appendix C).
 *
 *     centre = centre + step · side, side = side · exp(step)
 */
export function movedBoxes(
  layers: LayerBuilder,
  { boxes, steps }: { readonly boxes: Value; readonly steps: Value },
  { centre, sides: ofSides }: BoxScale,
  layer: string,
): Value {
  const number = (name: string, value: number): Value => layers.numbers(`${layer}/${name}`, value);
  const scaled = (x: Value, by: number, name: string): Value =>
    by === 1 ? x : layers.op("mul", [x, number(`${name}_scale`, by)], {}, `${layer}/${name}/scaled`);
  const { low, sides } = cornersOf(layers, boxes, `${layer}/from`);
  const axis = steps.type.dims.length - 1;
  const moves = layers.op("slice", [steps], { axis, start: 0, end: 2 }, `${layer}/moves`);
  const growths = layers.op("slice", [steps], { axis, start: 2, end: 4 }, `${layer}/growths`);
  const half = number("half", 0.5);
  const middle = layers.op(
    "add",
    [low, layers.op("mul", [sides, half], {}, `${layer}/from/radii`)],
    {},
    `${layer}/from/centre`,
  );
  const moved = layers.op("mul", [scaled(moves, centre, "moves"), sides], {}, `${layer}/moves/pixels`);
  const at = layers.op("add", [moved, middle], {}, `${layer}/centre`);
  const bounded = layers.op(
    "min",
    [scaled(growths, ofSides, "growths"), number("largest_step", LARGEST_STEP)],
    {},
    `${layer}/growths/bounded`,
  );
  const grown = layers.op(
    "mul",
    [layers.op("exp", [bounded], {}, `${layer}/growths/exp`), sides],
    {},
    `${layer}/sides`,
  );
  const radii = layers.op("mul", [grown, half], {}, `${layer}/radii`);
  const corners = [
    layers.op("sub", [at, radii], {}, `${layer}/low`),
    layers.op("add", [at, radii], {}, `${layer}/high`),
  ];
  return layers.op(
    "concat",
    corners,
    { axis: corners[0]?.type.dims.length === 3 ? 2 : 1 },
    `${layer}/corners`,
  );
}

/** Boxes [..., 4], cut off at the borders of the image. */
export function cutOff(layers: LayerBuilder, boxes: Value, [height, width]: Sides, layer: string): Value {
  const edges = layers.numbers(`${layer}/edges`, [width, height, width, height]);
  return layers.op("min", [layers.op("relu", [boxes], {}, `${layer}/inside`), edges], {}, `${layer}/boxes`);
}

/** 1 where x is at least a threshold, else 0; x of any sizes. */
export function atLeast(layers: LayerBuilder, x: Value, threshold: number, layer: string): Value {
  const difference = layers.op(
    "sub",
    [x, layers.numbers(`${layer}/threshold`, threshold)],
    {},
    `${layer}/over`,
  );
  // Whatever is negative becomes -1, what is not 0.
  const below = layers.op(
    "floor",
    [layers.op("clip", [difference], { low: -1, high: 0 }, `${layer}/below`)],
    {},
    `${layer}/step`,
  );
  return layers.op("add", [below, layers.numbers(`${layer}/one`, 1)], {}, layer);
}

/** Scores [...], and those of boxes [..., 4] with a side shorter than `least` lowered by 2, below every score. */
export function withoutSmall(
  layers: LayerBuilder,
  { boxes, scores }: { readonly boxes: Value; readonly scores: Value },
  least: number,
  layer: string,
): Value {
  const { axis, sides } = cornersOf(layers, boxes, `${layer}/corners`);
  const shorter = layers.op("reduce_min", [sides], { axes: [axis], keepdims: false }, `${layer}/shorter`);
  const large = atLeast(layers, shorter, least, `${layer}/large`);
  const small = layers.op("sub", [large, layers.numbers(`${layer}/one`, 1)], {}, `${layer}/small`);
  const lowered = layers.op("mul", [small, layers.numbers(`${layer}/two`, 2)], {}, `${layer}/lowered`);
  return layers.op("add", [scores, lowered], {}, `${layer}/scores`);
}

/** The square root of each box's area, [R] of boxes [R, 4]. */
export function scaleOf(layers: LayerBuilder, boxes: Value, layer: string): Value {
  const { sides } = cornersOf(layers, boxes, layer);
  const side = (start: number, name: string): Value =>
    layers.op("slice", [sides], { axis: 1, start, end: start + 1 }, `${layer}/${name}`);
  const area = layers.op("mul", [side(0, "width"), side(1, "height")], {}, `${layer}/area`);
  const flat = layers.op("squeeze", [area], { axes: [1] }, `${layer}/areas`);
  return layers.op("sqrt", [flat], {}, `${layer}/scale`);
}

/** As many zeros as there are integers in a vector: the first image of all. */
export function firstImage(layers: LayerBuilder, integers: Value, layer: string): Value {
  const zero = layers.numbers(`${layer}/zero`, 0, "int64");
  return layers.op("mul", [integers, zero], {}, layer);
}
