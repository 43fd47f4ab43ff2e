import type { Padding } from "../resolved.js";
import type { SpecRule } from "./rule.js";

export const mapStaysLargeEnough: SpecRule = {
  name: "MapStaysLargeEnough",
  doc: "A stride on a feature map smaller than the stride has nothing left to reduce: the input is too small.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    let { height, width } = resolved.input;
    for (const { specPath, kernel, stride, padding } of [resolved.stem, ...resolved.blocks]) {
      if (Math.min(height, width) < stride) {
        report(
          [...specPath, "stride"],
          `the feature map has ${height}x${width} pixels here: too few for a stride of ${stride}`,
          `the input of ${resolved.input.height}x${resolved.input.width} is too small for this network`,
        );
        return;
      }
      height = outputSize(height, kernel, stride, padding);
      width = outputSize(width, kernel, stride, padding);
    }
  },
};

/** Pixels of a convolution's output along one axis. */
function outputSize(input: number, kernel: number, stride: number, padding: Padding): number {
  if (padding === "same") return Math.ceil(input / stride);
  const pad = Math.floor((stride - 1 + kernel - 1) / 2);
  return Math.floor((input + 2 * pad - kernel) / stride) + 1;
}
