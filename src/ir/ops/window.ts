import * as z from "zod";
import { floorQuotient, plus } from "../sizes.js";
import type { Dim } from "../types.js";

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
export function windowOutputs(size: number, kernel: number, axis: WindowAxis): number;
export function windowOutputs(size: Dim, kernel: number, axis: WindowAxis): Dim;
export function windowOutputs(
  size: Dim,
  kernel: number,
  { stride, dilation, before, after }: WindowAxis,
): Dim {
  const room = plus(size, before + after - dilation * (kernel - 1) - 1);
  return plus(floorQuotient(room, stride), 1);
}

/** The indexes of all taps of a kernel, in order. */
export function tapsOf(kernel: readonly number[]): readonly (readonly number[])[] {
  return kernel.reduce<readonly (readonly number[])[]>(
    (taps, size) => taps.flatMap((tap) => Array.from({ length: size }, (_, k) => [...tap, k])),
    [[]],
  );
}
