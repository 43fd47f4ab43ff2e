import { Defect } from "../../base/diagnostic.js";
import type { Value } from "../../ir/graph.js";
import { placesOf } from "../../ir/types.js";
import type { PerAxis } from "../../language/definitions/resolved-layers.js";
import type { PoolPadding } from "../../language/resolved-part.js";

/** The same for all axes, or one for each. */
export type Extent = number | PerAxis;

/** How a map is padded for a window: a word, `valid` for not at all, or the positions on both sides of each axis. */
export type WindowPadding = PoolPadding | "valid" | PerAxis;

/** A window that moves over a map. */
export interface LayerWindow {
  readonly kernel: Extent;
  readonly stride: Extent;
  readonly dilation?: Extent;
  readonly padding: WindowPadding;
}

/** A window along one axis of a map. */
interface AxisWindow {
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** A window over a map, or over a signal, which has no rows. */
interface MapWindow {
  readonly rows?: AxisWindow | undefined;
  readonly columns: AxisWindow;
}

/** A kernel's sizes over x: one for each axis of its map. */
export function kernelOf(x: Value, kernel: Extent): readonly number[] {
  return placesOf(x.type, "x").map((_, axis) => along(kernel, axis));
}

/** A window with its padding in numbers. */
export function windowOver(x: Value, window: LayerWindow): MapWindow {
  const [first, second] = placesOf(x.type, "x").map((size, axis) => axisWindow(size, axis, window));
  if (first === undefined) throw new Defect("a map has no axes");
  return second === undefined ? { columns: first } : { rows: first, columns: second };
}

function along(extent: Extent, axis: number): number {
  return typeof extent === "number" ? extent : (extent[axis] ?? extent[0]);
}

function axisWindow(
  size: number,
  axis: number,
  { padding, dilation: distance = 1, ...window }: LayerWindow,
): AxisWindow {
  const [kernel, stride, dilation] = [
    along(window.kernel, axis),
    along(window.stride, axis),
    along(distance, axis),
  ];
  const positions = typeof padding === "string" ? padding : along(padding, axis);
  const [before, after] = padsFor(positions, size, (kernel - 1) * dilation + 1, stride);
  return { kernel, stride, dilation, before, after };
}

const WHOLE_ROW: AxisWindow = { kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };

/** What poolings of the IR take, which are of maps: a signal is one row of one. */
export function poolAttributes({ rows = WHOLE_ROW, columns }: MapWindow) {
  return {
    kernel: [rows.kernel, columns.kernel] as [number, number],
    strides: [rows.stride, columns.stride] as [number, number],
    pads: [rows.before, columns.before, rows.after, columns.after] as [number, number, number, number],
  };
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
