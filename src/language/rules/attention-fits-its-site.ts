import type { AttentionModule } from "../../ir/attention/module.js";
import { attentionModules } from "../../ir/attention/modules.js";
import { TypeRefusal } from "../../ir/types.js";
import { layersIn } from "../definitions/resolved-layers.js";
import type { ResolvedBlock, ResolvedDefined } from "../resolved.js";
import type { SpecRule } from "./rule.js";

export const attentionFitsItsSite: SpecRule = {
  name: "AttentionFitsItsSite",
  doc: "A gate's options must make sense for the channels that it gates: a squeeze must leave at least one.",
  check({ resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      const reason = refusalAt(block);
      if (reason !== undefined) report([...block.specPath, "attention"], reason);
    }
  },
};

/** Why the block's gate is not possible where it stands. */
function refusalAt(block: ResolvedBlock): string | undefined {
  if (block.attention === undefined) return undefined;
  const { type, ...options } = block.attention;
  const module: AttentionModule = attentionModules[type];
  const channels = gatedChannels(block);
  try {
    module.plan(options, { channels, blockInputChannels: block.inputChannels, stage: block.stage });
    return undefined;
  } catch (error) {
    if (error instanceof TypeRefusal) return error.message;
    throw error;
  }
}

function gatedChannels(block: ResolvedBlock): number {
  switch (block.attentionPosition) {
    case "pre":
    case "identity-input":
      return block.inputChannels;
    case "convolution":
    case "spatial":
      if (block.block === "defined") return channelsAtGate(block);
      if ("expandedChannels" in block) return block.expandedChannels;
      return "bottleneckChannels" in block ? block.bottleneckChannels : block.inputChannels;
    default:
      return block.channels;
  }
}

function channelsAtGate({ layers, channels }: ResolvedDefined): number {
  return layersIn(layers).find(({ layer }) => layer === "attention")?.channels ?? channels;
}
