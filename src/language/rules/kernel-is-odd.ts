import type { JsonPath } from "../../base/json-path.js";
import { type SpecRule, writtenLayers } from "./rule.js";

export const kernelIsOdd: SpecRule = {
  name: "kernel-is-odd",
  doc: "An even kernel has no middle: its output is shifted by half a pixel, and a residual doesn't fit.",
  remedy: "Use an odd kernel: 3, 5, 7.",
  check({ written }, report) {
    for (const { path, layer } of writtenLayers(written)) {
      for (const { at, kernel } of kernelsIn(layer)) {
        if (kernel % 2 === 1) continue;
        report(
          [...path, ...at],
          `the kernel must be odd, got ${kernel}`,
          `use ${kernel - 1} or ${kernel + 1}`,
        );
      }
    }
  },
};

/** Every kernel that a stem or a stage says, of whatever type: `kernel`, `kernels`, `shortcutKernel`. */
function kernelsIn(layer: object): readonly { readonly at: JsonPath; readonly kernel: number }[] {
  const kernels = Object.entries(layer).filter(([key]) => /^kernels?$|Kernel$/.test(key));
  return kernels.flatMap(([key, value]: readonly [string, unknown]) => {
    if (typeof value === "number") return [{ at: [key], kernel: value }];
    return Array.isArray(value) ? value.map((kernel, i) => ({ at: [key, i], kernel: Number(kernel) })) : [];
  });
}
