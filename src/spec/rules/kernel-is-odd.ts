import type { SpecRule } from "./rule.js";
import { writtenLayers } from "./written-layers.js";

export const kernelIsOdd: SpecRule = {
  name: "KernelIsOdd",
  doc: "An even kernel has no middle: its output is shifted by half a pixel, and a residual doesn't fit.",
  check({ written }, report) {
    for (const { path, kernel } of writtenLayers(written)) {
      if (kernel % 2 === 0) {
        report(
          [...path, "kernel"],
          `the kernel must be odd, got ${kernel}`,
          `use ${kernel - 1} or ${kernel + 1}`,
        );
      }
    }
  },
};
