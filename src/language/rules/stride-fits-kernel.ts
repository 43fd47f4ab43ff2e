import { type SpecRule, writtenLayers } from "./rule.js";

export const strideFitsKernel: SpecRule = {
  name: "stride-fits-kernel",
  doc: "A stride larger than the kernel skips pixels that no output depends on.",
  remedy: "Use a stride of at most the kernel's side, or a larger kernel.",
  check({ written }, report) {
    for (const { path, layer } of writtenLayers(written)) {
      const { kernel, stride } = layer;
      if (stride > kernel) {
        report(
          [...path, "stride"],
          `a stride of ${stride} on a ${kernel}x${kernel} kernel skips pixels`,
          `use a stride of at most ${kernel}, or a larger kernel`,
        );
      }
    }
  },
};
