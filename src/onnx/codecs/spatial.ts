import type { Value } from "../../ir/graph.js";
import { type Dim, refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";

// What convolutions and poolings have in common, over any number of spatial axes.

/** A window over the axes of x after the second. */
export interface SlidingWindow {
  readonly x: Value;
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
}

/** The node's pads, all at the start of an axis and then all at its end. */
export function readPads(node: NodeReader, window: SlidingWindow): readonly number[] {
  const autoPad = node.string("auto_pad", "NOTSET");
  switch (autoPad) {
    case "NOTSET":
    case "VALID":
      return numbers(node, "pads", 2 * window.kernel.length, 0);
    case "SAME_UPPER":
    case "SAME_LOWER": {
      numbers(node, "pads", 2 * window.kernel.length, 0);
      const totals = window.kernel.map((_, axis) => samePadding(window, axis));
      const [less, more] = [Math.floor, Math.ceil].map((half) => totals.map((total) => half(total / 2)));
      return (autoPad === "SAME_UPPER" ? [less, more] : [more, less]).flatMap((each) => each ?? []);
    }
    default:
      return refuse(`auto_pad ${autoPad} is not supported`);
  }
}

/** The positions to add along an axis so that there are ⌈size / stride⌉ outputs. */
function samePadding({ x, kernel, strides, dilations }: SlidingWindow, axis: number): number {
  const size: Dim = x.type.dims[axis + 2] ?? refuse(`x has no axis ${axis + 2}`);
  const [taps = 1, stride = 1, dilation = 1] = [kernel[axis], strides[axis], dilations[axis]];
  const reach = (taps - 1) * dilation + 1;
  if (stride === 1) return reach - 1;
  if (typeof size !== "number") return refuse(`auto_pad with a stride needs the size of axis ${axis + 2}`);
  return Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size);
}

/** Pads with which the windows that ceil_mode adds, those that begin in x and end behind it, are whole ones. */
export function withPartWindows(
  { x, kernel, strides }: SlidingWindow,
  pads: readonly number[],
): readonly number[] {
  const axes = kernel.length;
  return pads.map((pad, i) => {
    if (i < axes) return pad;
    const axis = i - axes;
    const size = x.type.dims[axis + 2];
    const [taps = 1, stride = 1, before = 0] = [kernel[axis], strides[axis], pads[axis]];
    if (stride === 1) return pad;
    if (typeof size !== "number") return refuse(`ceil_mode with a stride needs the size of axis ${axis + 2}`);
    const rest = (size + before + pad - taps) % stride;
    const windows = Math.ceil((size + before + pad - taps) / stride) + 1;
    const begins = (windows - 1) * stride - before;
    return rest === 0 || begins >= size ? pad : pad + stride - rest;
  });
}

/** An attribute of height and width; where it is left out, both are `absent`. */
export function pairOf(node: NodeReader, name: string, absent: () => number = () => 1): [number, number] {
  const values = node.ints(name) ?? [absent(), absent()];
  return values.length === 2
    ? (values as [number, number])
    : refuse(`${name} has ${values.length} numbers, not 2`);
}

/** An attribute of `count` numbers, all `absent` where it is left out. */
export function numbers(node: NodeReader, name: string, count: number, absent: number): readonly number[] {
  const values = node.ints(name) ?? new Array<number>(count).fill(absent);
  return values.length === count ? values : refuse(`${name} has ${values.length} numbers, not ${count}`);
}
