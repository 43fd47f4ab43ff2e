import type { Value } from "../../ir/graph.js";
import type { LayerBuilder } from "../blocks/layers.js";
import { atLeast, firstImage, scaleOf } from "./boxes.js";
import { rowsOf } from "./selection.js";

/** A map that regions are cut out of. */
export interface RegionMap {
  readonly map: Value;
  /** Pixels of the image that one of the map stands for. */
  readonly stride: number;
}

/** The grid that a region becomes. */
export interface RegionGrid {
  /** Cells along each side. */
  readonly size: number;
  /** Sampling points along each side of a cell; 0: one per pixel of the cell, rounded up. */
  readonly samples: number;
}

/** A region of 224 pixels a side is cut out of the level of stride 16 (Lin et al., FPN, CVPR 2017, equation 1). */
const USUAL_SIDE = 224;
const USUAL_STRIDE = 16;
/** What torchvision adds to the logarithm before it is rounded down. */
const LEVEL_EPSILON = 1e-6;

/** Names of sizes that only a run has: the regions of each map. */
function countName(what: string, index: number): string {
  return `${what}_${index}`;
}

/**
 * What the maps show inside of boxes [R, 4]: [R, C, size, size]. Each box is cut out of the map of its size, and the results are put
 * back in the order of the boxes. `what` they are called, in names.
 */
export function alignedRegions(
  layers: LayerBuilder,
  maps: readonly RegionMap[],
  boxes: Value,
  { size, samples }: RegionGrid,
  what: string,
): Value {
  const align = (regions: Value, images: Value, { map, stride }: RegionMap, layer: string): Value =>
    layers.op(
      "roi_align",
      [map, regions, images],
      { height: size, width: size, samples, scale: 1 / stride, aligned: false },
      layer,
    );
  const [only, ...others] = maps;
  if (only !== undefined && others.length === 0) {
    const images = firstImage(layers, integersOf(layers, boxes, what), `${what}/images`);
    return align(boxes, images, only, `${what}/align`);
  }
  const members = memberships(layers, maps, boxes, `${what}/levels`);
  const chosen = members.map((member, i) => {
    const count = countName(what, i);
    const found = layers.op("nonzero", [member], { count }, `${what}/${i}/found`);
    return layers.op("squeeze", [found], { axes: [0] }, `${what}/${i}/rows`);
  });
  const parts = chosen.map((rows, i) => {
    const regions = rowsOf(layers, boxes, rows, `${what}/${i}/boxes`);
    const images = firstImage(layers, rows, `${what}/${i}/images`);
    return align(regions, images, maps[i] as RegionMap, `${what}/${i}/align`);
  });
  const order = layers.op("concat", chosen, { axis: 0 }, `${what}/order`);
  const all = layers.op("concat", parts, { axis: 0 }, `${what}/by_level`);
  return rowsOf(layers, all, inverseOf(layers, order, boxes, `${what}/order`), `${what}/align`);
}

/** An integer of each box [R, 4]: [R]. */
function integersOf(layers: LayerBuilder, boxes: Value, layer: string): Value {
  const column = layers.numbers(`${layer}/column`, 0, "int64");
  const left = layers.op("gather", [boxes, column], { axis: 1 }, `${layer}/left`);
  return layers.op("cast", [left], { to: "int64" }, `${layer}/integers`);
}

/** Of a permutation that which leads back: where 0 stands, where 1 does, and so on. There are as many as boxes. */
function inverseOf(layers: LayerBuilder, order: Value, boxes: Value, layer: string): Value {
  const [count = 0] = boxes.type.dims;
  const attributes = { axis: 0, largest: false };
  if (typeof count === "number")
    return layers.op(
      "top_k",
      [order, layers.numbers(`${layer}/count`, [count], "int64")],
      attributes,
      `${layer}/back`,
    );
  const there = layers.op("shape", [boxes], {}, `${layer}/there`);
  const k = layers.op("gather", [there, layers.numbers(`${layer}/rows`, [0], "int64")], {}, `${layer}/count`);
  return layers.op("top_k", [order, k], attributes, `${layer}/back`);
}

/** Of each of several maps 1 for each box that is cut out of it and 0 for the others: [R] each. */
function memberships(
  layers: LayerBuilder,
  maps: readonly RegionMap[],
  boxes: Value,
  layer: string,
): readonly Value[] {
  const scale = scaleOf(layers, boxes, layer);
  // From the second map on, 1 for the boxes that are large enough for it or a coarser one.
  const reached = maps.slice(1).map(({ stride }, i) => {
    const side = (USUAL_SIDE * stride) / USUAL_STRIDE;
    return atLeast(layers, scale, side * 2 ** -LEVEL_EPSILON, `${layer}/from_${i + 1}`);
  });
  const from: readonly Value[] = [layers.numbers(`${layer}/any`, [1]), ...reached];
  return from.map((first, i) => {
    const beyond = reached[i];
    return beyond === undefined ? first : layers.op("sub", [first, beyond], {}, `${layer}/in_${i}`);
  });
}
