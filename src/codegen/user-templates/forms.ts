import { count } from "../../base/numbers.js";
import { type Dim, elementCount } from "../../ir/types.js";
import type { CountData, MapData, ShapeData } from "./data-schema.js";

/** The forms that numbers are given in, so that templates have nothing to compute. */

export function countOf(number: number): CountData {
  return { number, grouped: count(number), millions: (number / 1e6).toFixed(2) };
}

export function shapeOf(dims: readonly number[]): ShapeData {
  return {
    rank: dims.length,
    sizes: withLast(dims.map((value) => ({ value }))),
    text: dims.join(", "),
    elements: elementCount(dims),
  };
}

/** Of [N, C, H, W], [N, C], or rows [N, rows, C] of a head. */
export function mapOf([, ...dims]: readonly Dim[]): MapData {
  const sizes = dims.map(Number);
  const [channels = 0, height = null, width = null] = sizes.length === 2 ? sizes.slice(1) : sizes;
  return { channels, height, width, text: dims.join(" × ") };
}

/** Items of a list that know whether they are the last. */
export function withLast<T extends object>(items: readonly T[]): (T & { last: boolean })[] {
  return items.map((item, i) => ({ ...item, last: i === items.length - 1 }));
}
