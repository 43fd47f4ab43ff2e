import type { JsonPath } from "../../base/json-path.js";
import type { SpecRule } from "./rule.js";
import { writtenLayers } from "./written-layers.js";

export const kernelIsOdd: SpecRule = {
  name: "KernelIsOdd",
  doc: "An even kernel has no middle: its output is shifted by half a pixel, and a residual doesn't fit.",
  check({ written }, report) {
    const check = (path: JsonPath, kernel: number): void => {
      if (kernel % 2 === 1) return;
      report(path, `the kernel must be odd, got ${kernel}`, `use ${kernel - 1} or ${kernel + 1}`);
    };
    for (const { path, kernel } of writtenLayers(written)) check([...path, "kernel"], kernel);
    written.stages.forEach((stage, i) => {
      const at = ["stages", i];
      if (stage?.block === "inverted-residual") {
        for (const [part, kernel] of stage.kernels?.entries() ?? []) check([...at, "kernels", part], kernel);
      }
      if (stage !== undefined && "shortcutKernel" in stage)
        check([...at, "shortcutKernel"], stage.shortcutKernel);
    });
  },
};
