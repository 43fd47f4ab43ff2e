import { mapKey } from "../named-maps.js";
import { neededBlocks } from "../needed-blocks.js";
import type { SpecRule } from "./rule.js";

export const everyBlockIsNeeded: SpecRule = {
  name: "every-block-is-needed",
  doc: "The result of a stage must be read by a later stage, by the head or as a feature; otherwise the stage would be dropped silently.",
  remedy: "Read the stage with `from`, make it a feature, or remove it.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    const needed = new Set(neededBlocks(resolved).map(mapKey));
    const last = resolved.blocks.findLastIndex((block) => needed.has(mapKey(block)));
    for (const block of resolved.blocks.slice(0, Math.max(0, last))) {
      if (needed.has(mapKey(block))) continue;
      const message = `nothing reads the result of stage ${block.stage}`;
      report(block.specPath, message, "name it with `as`, and read it with `from`");
    }
  },
};
