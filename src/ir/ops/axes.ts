import * as z from "zod";
import { refuse } from "../types.js";

/** Axes of a tensor, counted from the first. */
export const axesAttribute = z.array(z.int().min(0)).min(1);

/** Refuses axes that a tensor of that rank lacks, and any that is named twice. */
export function checkAxes(axes: readonly number[], rank: number): void {
  for (const axis of axes) {
    if (axis >= rank) refuse(`there is no axis ${axis} among ${rank}`);
    if (axes.indexOf(axis) !== axes.lastIndexOf(axis)) refuse(`axis ${axis} is named twice`);
  }
}

/** An index into an axis, counted from the first; negative ones count from the end. Refuses one that is outside of the axis. */
export function indexFrom(index: number, size: number): number {
  const at = index < 0 ? index + size : index;
  return Number.isInteger(at) && at >= 0 && at < size
    ? at
    : refuse(`index ${index} is outside of an axis of ${size}`);
}
