import { factsOf } from "../blocks/registry.js";
import { MAX_CHANNELS } from "../fields.js";
import type { SpecRule } from "./rule.js";

const LIMIT = `at most ${MAX_CHANNELS} are possible`;

export const scaledChannelsStayInRange: SpecRule = {
  name: "scaled-channels-stay-in-range",
  doc: `Scaling and expansion must not lead to more than ${MAX_CHANNELS} channels.`,
  remedy: "Use a smaller width, `channels` or `expansion`.",
  check({ resolved }, report) {
    if (resolved === undefined) return;
    const { stem, blocks, head } = resolved;
    stem?.deep.forEach((channels, i) => {
      if (channels > MAX_CHANNELS)
        report([...stem.specPath, "deep", i], `scaled, these are ${channels} channels; ${LIMIT}`);
    });
    for (const { specPath, channels = 0 } of [stem, ...blocks, head].filter((part) => part !== undefined)) {
      if (channels > MAX_CHANNELS)
        report([...specPath, "channels"], `scaled, these are ${channels} channels; ${LIMIT}`);
    }
    for (const block of blocks) {
      for (const { key, channels } of factsOf(block).widths) {
        if (channels > MAX_CHANNELS)
          report([...block.specPath, key], `this expands to ${channels} channels; ${LIMIT}`);
      }
    }
  },
};
