import type { AttentionModule } from "../../ir/attention/module.js";
import { attentionModules } from "../../ir/attention/modules.js";
import { TypeRefusal } from "../../ir/types.js";
import { factsOf, type ResolvedBlock } from "../blocks/registry.js";
import type { AttentionPosition } from "../positions.js";
import type { SpecRule } from "./rule.js";

export const attentionFitsItsSite: SpecRule = {
  name: "attention-fits-its-site",
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
  const { attention, attentionPosition, inputChannels, stage } = block;
  if (attention === undefined || attentionPosition === undefined) return undefined;
  const { type, ...options } = attention;
  const module: AttentionModule = attentionModules[type];
  try {
    module.plan(options, {
      channels: GATED[attentionPosition](block),
      blockInputChannels: inputChannels,
      stage,
    });
    return undefined;
  } catch (error) {
    if (error instanceof TypeRefusal) return error.message;
    throw error;
  }
}

const entering = ({ inputChannels }: ResolvedBlock): number => inputChannels;
const inside = (block: ResolvedBlock): number => factsOf(block).spatial.channels;
const leaving = ({ channels }: ResolvedBlock): number => channels;

/** The channels that a gate sees. */
const GATED: { readonly [P in AttentionPosition]: (block: ResolvedBlock) => number } = {
  pre: entering,
  convolution: inside,
  spatial: inside,
  standard: leaving,
  post: leaving,
  identity: leaving,
  "identity-input": entering,
};
