import type { Value } from "../../ir/graph.js";
import { featureMap } from "../../ir/types.js";
import type { PoolPadding } from "../../language/resolved-part.js";

/** The same for both axes, or for height and width. */
export type Extent = number | readonly [height: number, width: number];

/** How a map is padded for a window: a word, `valid` for not at all, or the positions on both sides of each axis. */
export type WindowPadding = PoolPadding | "valid" | readonly [height: number, width: number];

/** A window that moves over a map. */
export interface LayerWindow {
  readonly kernel: Extent;
  readonly stride: Extent;
  readonly dilation?: Extent;
  readonly padding: WindowPadding;
}

export function sidesOf(extent: Extent): [number, number] {
  return typeof extent === "number" ? [extent, extent] : [...extent];
}

export function windowAttributes(x: Value, window: LayerWindow) {
  return { kernel: sidesOf(window.kernel), strides: sidesOf(window.stride), pads: padsOf(x, window) };
}

/** Positions at the top, left, bottom and right of a map. */
export function padsOf(
  x: Value,
  { kernel, stride, dilation = 1, padding }: LayerWindow,
): [number, number, number, number] {
  const [, , ...sizes] = featureMap(x.type, "x");
  const [[top, bottom], [left, right]] = ([0, 1] as const).map((axis) => {
    const taps = (sidesOf(kernel)[axis] - 1) * sidesOf(dilation)[axis];
    return padsFor(
      typeof padding === "string" ? padding : padding[axis],
      sizes[axis] as number,
      taps + 1,
      sidesOf(stride)[axis],
    );
  }) as [[number, number], [number, number]];
  return [top, left, bottom, right];
}

/**
 * Positions before and after one axis of a map; `Padding` and `PoolPadding` say what each word means. `kernel`: from the
 * first tap to the last.
 */
function padsFor(
  padding: PoolPadding | "valid" | number,
  size: number,
  kernel: number,
  stride: number,
): [number, number] {
  if (typeof padding === "number") return [padding, padding];
  if (padding === "valid") return [0, 0];
  if (padding === "symmetric") {
    const each = Math.floor((stride - 1 + kernel - 1) / 2);
    return [each, each];
  }
  const begun = Math.ceil(size / stride);
  const outputs = padding === "same" ? begun : Math.min(begun, Math.ceil((size - kernel) / stride) + 1);
  const total = Math.max(0, (outputs - 1) * stride + kernel - size);
  return padding === "same" ? [Math.floor(total / 2), Math.ceil(total / 2)] : [0, total];
}
