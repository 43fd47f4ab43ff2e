import type { Value } from "../../ir/graph.js";
import { type LentNumbers, storedWeight, type WeightExpr } from "../../ir/weight.js";
import type { Sides } from "../../language/definitions/resolved-layers.js";
import { anchorsOfPixel, type LevelAnchors } from "../../language/detection/anchors.js";
import type { DecoderOf, DecoderType, ResolvedDecoder } from "../../language/detection/decoders.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { type BoxScale, movedBoxes } from "./boxes.js";

/** A map of which a head says boxes. */
export interface DecodedMap {
  /** Its place among the head's maps. */
  readonly index: number;
  /** Rows and columns. */
  readonly sides: Sides;
  /** Those around each pixel; none where boxes are relative to points. */
  readonly anchors: LevelAnchors | undefined;
  /** Pixels of the image that one of the map stands for: 8, 16 … */
  readonly stride: number;
  /** Height and width of the network's input. */
  readonly image: Sides;
}

/** A pixel of a map, and one of its anchors. */
interface Place {
  readonly anchor: number;
  readonly y: number;
  readonly x: number;
}

/** What boxes are computed from, a row each. */
export interface Encoded {
  /** What the head says: [M, numbers of the decoder]. */
  readonly numbers: Value;
  /** What that is relative to: [M, columns]. */
  readonly references: Value;
}

/** How a decoder of the language is built. Boxes are rows of left, top, right and bottom, in pixels of the input. */
interface BoxDecoder<T extends DecoderType> {
  /** What boxes are relative to, in names. */
  readonly what: string;
  /** Numbers of a reference. */
  readonly columns: number;
  /** A number of the reference of each anchor of a map. */
  readonly reference: (decoder: DecoderOf<T>, map: DecodedMap) => (place: Place, column: number) => number;
  /** [M, 4], which may lie outside of the image. */
  readonly boxes: (layers: LayerBuilder, encoded: Encoded, decoder: DecoderOf<T>, layer: string) => Value;
}

/** Anchors are moved by what the layers say, as it is. */
const UNSCALED: BoxScale = { centre: 1, sides: 1 };

/** How far a point lies from the upper left corner of its cell, in cells. */
const POINTS = { corner: 0, centre: 0.5 } as const;

/** References: the anchors, as left, top, right and bottom. */
const offsets: BoxDecoder<"offsets"> = {
  what: "anchors",
  columns: 4,
  reference({ at }, map) {
    const around = cornersOf(map);
    const [down, right] = spacingOf(map);
    return ({ anchor, y, x }, column) => {
      const point = column % 2 === 0 ? (x + POINTS[at]) * right : (y + POINTS[at]) * down;
      return point + (around[anchor]?.[column] ?? 0);
    };
  },
  boxes(layers, { numbers, references }, { order }, layer) {
    const steps =
      order === "xy"
        ? numbers
        : layers.op(
            "gather",
            [numbers, layers.numbers(`${layer}/order`, [1, 0, 3, 2], "int64")],
            { axis: 1 },
            `${layer}/xy`,
          );
    return movedBoxes(layers, { boxes: references, steps }, UNSCALED, layer);
  },
};

/**
 * References: where centres begin, how far they reach, and half the anchor's sides, each as x and y.
 *
 *     centre = begin + reach · sigmoid(t),  radius = exp(t) · half    or (2 · sigmoid(t))² · half
 */
const cells: BoxDecoder<"cells"> = {
  what: "cells",
  columns: 6,
  reference({ reach }, map) {
    const around = cornersOf(map);
    const [down, right] = spacingOf(map);
    const own = typeof reach === "number" ? reach : (reach[map.index] ?? 1);
    return ({ anchor, y, x }, column) => {
      const [pixel, side] = column % 2 === 0 ? [x, right] : [y, down];
      if (column < 2) return (pixel + 0.5 - own / 2) * side;
      if (column < 4) return own * side;
      return around[anchor]?.[column - 2] ?? 0;
    };
  },
  boxes(layers, { numbers, references }, { sides }, layer) {
    const part = (x: Value, start: number, name: string): Value =>
      layers.op("slice", [x], { axis: 1, start, end: start + 2 }, `${layer}/${name}`);
    const share = layers.op("sigmoid", [part(numbers, 0, "t")], {}, `${layer}/share`);
    const reached = layers.op("mul", [share, part(references, 2, "reach")], {}, `${layer}/reached`);
    const centre = layers.op("add", [part(references, 0, "begin"), reached], {}, `${layer}/centre`);
    const growth = grown(layers, part(numbers, 2, "growth"), sides, `${layer}/growth`);
    const radius = layers.op("mul", [growth, part(references, 4, "half")], {}, `${layer}/radius`);
    return fromCorners(layers, centre, [radius, radius], layer);
  },
};

/** exp(t), or (2 · sigmoid(t))². */
function grown(layers: LayerBuilder, t: Value, sides: DecoderOf<"cells">["sides"], layer: string): Value {
  if (sides === "exp") return layers.op("exp", [t], {}, `${layer}/exp`);
  const share = layers.op("sigmoid", [t], {}, `${layer}/share`);
  const twice = layers.op("mul", [share, layers.numbers(`${layer}/two`, 2)], {}, `${layer}/twice`);
  return layers.op("mul", [twice, twice], {}, `${layer}/squared`);
}

/** References: the point as x and y, and the map's stride, twice. */
const distances: BoxDecoder<"distances"> = {
  what: "points",
  columns: 4,
  reference({ at }, map) {
    const [down, right] = spacingOf(map);
    return ({ y, x }, column) => {
      if (column >= 2) return map.stride;
      return column === 0 ? (x + POINTS[at]) * right : (y + POINTS[at]) * down;
    };
  },
  boxes(layers, { numbers, references }, { bins }, layer) {
    const part = (x: Value, start: number, name: string): Value =>
      layers.op("slice", [x], { axis: 1, start, end: start + 2 }, `${layer}/${name}`);
    const sides = bins === 1 ? numbers : expected(layers, numbers, bins, `${layer}/distances`);
    const stride = part(references, 2, "stride");
    const pixels = ["low", "high"].map((name, i) =>
      layers.op("mul", [part(sides, 2 * i, `${name}/strides`), stride], {}, `${layer}/${name}/pixels`),
    );
    return fromCorners(layers, part(references, 0, "point"), pixels, layer);
  },
};

/** Σ i · softmax(t)ᵢ of logits [M, 4 · bins]: [M, 4]. */
function expected(layers: LayerBuilder, numbers: Value, bins: number, layer: string): Value {
  const logits = layers.op("reshape", [numbers], { shape: [-1, 4, bins] }, `${layer}/logits`);
  const shares = layers.op("softmax", [logits], { axis: 2 }, `${layer}/shares`);
  const values = layers.numbers(
    `${layer}/bins`,
    Array.from({ length: bins }, (_, i) => i),
  );
  const weighed = layers.op("mul", [shares, values], {}, `${layer}/weighed`);
  return layers.op("reduce_sum", [weighed], { axes: [2], keepdims: false }, layer);
}

/** Boxes [M, 4] that reach from a point [M, 2] so far to the left and top, and so far to the right and bottom. */
function fromCorners(
  layers: LayerBuilder,
  point: Value,
  [low, high]: readonly Value[],
  layer: string,
): Value {
  const corners = [
    layers.op("sub", [point, low as Value], {}, `${layer}/low`),
    layers.op("add", [point, high as Value], {}, `${layer}/high`),
  ];
  return layers.op("concat", corners, { axis: 1 }, `${layer}/corners`);
}

function cornersOf({ anchors }: DecodedMap): readonly (readonly number[])[] {
  return anchors === undefined ? [] : anchorsOfPixel(anchors);
}

/** A pixel lies ⌊image / map⌋ pixels of the image after the one before it, which is the map's stride where that divides the image: as torchvision has them. */
function spacingOf({ sides, image }: DecodedMap): Sides {
  return [Math.floor(image[0] / sides[0]), Math.floor(image[1] / sides[1])];
}

/** The builder of every decoder; one without a line is a compile error. */
const builders: { readonly [T in DecoderType]: BoxDecoder<T> } = { offsets, cells, distances };

function builderOf({ type }: ResolvedDecoder): BoxDecoder<DecoderType> {
  return builders[type] as unknown as BoxDecoder<DecoderType>;
}

/** What the boxes of a decoder are relative to, in names. */
export function referencesName(decoder: ResolvedDecoder): string {
  return builderOf(decoder).what;
}

/** The references of a map's anchors, [height · width · A, columns]: those of the first pixel, then of the next in its row. */
export function referencesOf(
  label: string,
  decoder: ResolvedDecoder,
  map: DecodedMap,
  perPixel: number,
): WeightExpr {
  const { columns, reference } = builderOf(decoder);
  const numberAt = reference(decoder, map);
  const [rows, width] = map.sides;
  const count = rows * width * perPixel;
  const data: LentNumbers = {
    length: columns * count,
    copyTo(target, start) {
      for (let i = 0; i < target.length; i++) {
        const [row, column] = [Math.floor((start + i) / columns), (start + i) % columns];
        const pixel = Math.floor(row / perPixel);
        const place = { anchor: row % perPixel, y: Math.floor(pixel / width), x: pixel % width };
        target[i] = numberAt(place, column);
      }
    },
  };
  return storedWeight([count, columns], label, data);
}

/** The boxes [M, 4] of what a head says, which may lie outside of the image. */
export function decodedBoxes(
  layers: LayerBuilder,
  encoded: Encoded,
  decoder: ResolvedDecoder,
  layer: string,
): Value {
  return builderOf(decoder).boxes(layers, encoded, decoder, layer);
}
