import { count } from "../../base/numbers.js";
import { type Dim, elementCount } from "../../ir/types.js";
import type { MapAxes } from "../../language/input.js";
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

/** Of maps [N, C, H, W] or, with one axis, [N, C, L], whose length is their width; of [N, C]. */
export function mapOf([, ...dims]: readonly Dim[], axes: MapAxes): MapData {
  const [channels = 0, ...places] = dims.map(Number);
  const [width = null, height = null] = places.length === axes ? places.toReversed() : [];
  return { channels, height, width, text: textOf(dims) };
}

/** Of rows [N, rows, C] of a head. */
export function mapOfRows([, ...dims]: readonly Dim[]): MapData {
  return { channels: Number(dims.at(-1)), height: null, width: null, text: textOf(dims) };
}

function textOf(dims: readonly Dim[]): string {
  return dims.join(" × ");
}

/** Items of a list that know whether they are the last. */
export function withLast<T extends object>(items: readonly T[]): (T & { last: boolean })[] {
  return items.map((item, i) => ({ ...item, last: i === items.length - 1 }));
}
