import type { SpecRule } from "./rule.js";

export const dropPathNeedsAResidual: SpecRule = {
  name: "drop-path-needs-a-residual",
  doc: "Stochastic depth drops a block's branch and keeps its input, so it needs a block with a residual.",
  remedy: "Set `dropPath` to 0 there, or give the block a residual.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    const { dropPath, blocks } = resolved;
    if (dropPath > 0 && !blocks.some((block) => block.residual)) {
      report(
        ["dropPath"],
        `a rate of ${dropPath} has no effect: no block has a residual`,
        "leave `dropPath` out",
      );
    }
  },
};
