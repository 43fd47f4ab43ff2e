import type { Graph, Value } from "./graph.js";
import type { Dim } from "./types.js";

/** How a batch of pictures lies in an input. */
export interface PictureSizes<D extends Dim = Dim> {
  readonly channels: D;
  readonly height: D;
  readonly width: D;
  /** Whether the channels come last, [N, H, W, C], as in TensorFlow; else [N, C, H, W]. */
  readonly channelsLast: boolean;
}

/**
 * The sizes of pictures in an input of four axes. The channels come first, as everywhere in the IR, unless there are 1 or 3 at the
 * end and another number of them after the batch. Undefined for an input of other rank.
 */
export function pictureSizes<D extends Dim>(dims: readonly D[]): PictureSizes<D> | undefined {
  const [batch, a, b, c] = dims;
  if (batch === undefined || a === undefined || b === undefined || c === undefined || dims.length > 4) {
    return undefined;
  }
  return isColours(c) && !isColours(a)
    ? { channels: c, height: a, width: b, channelsLast: true }
    : { channels: a, height: b, width: c, channelsLast: false };
}

function isColours(size: Dim): boolean {
  return size === 1 || size === 3;
}

/** Whether a value [N, C, L] is a batch of signals: a convolution over one axis reads it, as it is or padded. */
export function isSignal(value: Value, graph: Graph): boolean {
  return graph.ops.some(({ kind, operands, results: [padded] }) => {
    if (operands[0] !== value) return false;
    if (kind === "conv_1d") return true;
    return (kind === "pad" || kind === "reflect_pad") && padded !== undefined && isSignal(padded, graph);
  });
}
