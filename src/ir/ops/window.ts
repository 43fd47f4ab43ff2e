import * as z from "zod";

const padding = z.int().min(0);

/** Positions added at the top, left, bottom and right of a map. */
export const padsAttribute = z.tuple([padding, padding, padding, padding]).default([0, 0, 0, 0]);

/** How a window moves along one axis. */
export interface WindowAxis {
  readonly stride: number;
  readonly dilation: number;
  readonly before: number;
  readonly after: number;
}

/** The number of positions that a window takes along an axis: those at which it lies inside the padded map. */
export function windowOutputs(
  size: number,
  kernel: number,
  { stride, dilation, before, after }: WindowAxis,
): number {
  return Math.floor((size + before + after - dilation * (kernel - 1) - 1) / stride) + 1;
}
