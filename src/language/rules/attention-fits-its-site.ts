import type { AttentionModule } from "../../ir/attention/module.js";
import { attentionModules } from "../../ir/attention/modules.js";
import { TypeRefusal } from "../../ir/types.js";
import { factsOf, type ResolvedBlock } from "../blocks/registry.js";
import type { AttentionPosition } from "../positions.js";
import type { ResolvedGate } from "../resolved-part.js";
import type { SpecRule } from "./rule.js";

export const attentionFitsItsSite: SpecRule = {
  name: "attention-fits-its-site",
  doc: "A gate's options must fit the channels that it gates: a squeeze must leave at least one.",
  remedy: "Change the option that the message names: for a squeeze, give it `channels` or a larger `ratio`.",
  check({ resolved }, report) {
    for (const block of resolved?.blocks ?? []) {
      for (const gate of block.gates) {
        const reason = refusalAt(block, gate);
        if (reason !== undefined) report(gate.specPath, reason);
      }
    }
  },
};

/** Why a gate of the block is not possible where it stands. */
function refusalAt(block: ResolvedBlock, { options: given, position }: ResolvedGate): string | undefined {
  const { type, ...options } = given;
  const module: AttentionModule = attentionModules[type];
  try {
    module.plan(options, {
      channels: GATED[position](block),
      blockInputChannels: block.inputChannels,
      stage: block.stage,
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
