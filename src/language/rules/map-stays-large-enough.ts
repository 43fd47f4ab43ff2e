import type { JsonPath } from "../../base/json-path.js";
import { placesOfInput } from "../input.js";
import type { ResolvedSpec } from "../resolved.js";
import type { PoolPadding } from "../resolved-part.js";
import type { SpecRule } from "./rule.js";

export const mapStaysLargeEnough: SpecRule = {
  name: "map-stays-large-enough",
  doc: "A feature map must not be smaller than the stride that is applied to it: the input is too small.",
  remedy: "Use a larger input, or fewer or smaller strides.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    let places = placesOfInput(resolved.input);
    for (const { specPath, kernel, stride, padding } of stridedLayers(resolved)) {
      if (Math.min(...places) < stride) {
        report(
          [...specPath, "stride"],
          `the feature map has ${places.join("x")} pixels here: too few for a stride of ${stride}`,
          `the input of ${placesOfInput(resolved.input).join("x")} is too small for this network`,
        );
        return;
      }
      places = places.map((size) => outputSize(size, kernel, stride, padding));
    }
  },
};

/** Whatever may make the map smaller, in order, as far as that is known. */
function stridedLayers({ stem, blocks }: ResolvedSpec): readonly StridedLayer[] {
  const pool = stem?.pool && { specPath: [...stem.specPath, "pool"], ...stem.pool };
  const known: StridedLayer[] = [];
  for (const block of blocks) {
    // What a defined block does to the map is seen when it is built, and so is what a block reads by name; nothing can be
    // said of those after it.
    if (block.block === "defined" || block.reads !== undefined) break;
    known.push(block);
  }
  return [stem, pool, ...known].filter((layer) => layer !== undefined);
}

interface StridedLayer {
  readonly specPath: JsonPath;
  readonly kernel: number;
  readonly stride: number;
  readonly padding: PoolPadding;
}

/** Pixels of a layer's output along one axis. */
function outputSize(input: number, kernel: number, stride: number, padding: PoolPadding): number {
  if (padding === "ceil")
    return Math.min(Math.ceil(input / stride), Math.ceil((input - kernel) / stride) + 1);
  if (padding === "same") return Math.ceil(input / stride);
  const pad = Math.floor((stride - 1 + kernel - 1) / 2);
  return Math.floor((input + 2 * pad - kernel) / stride) + 1;
}
