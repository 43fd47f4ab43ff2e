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
