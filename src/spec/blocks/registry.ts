import type * as z from "zod";
import type { AttentionOptions } from "../../ir/attention/registry.js";
import type { AttentionPositions } from "../positions.js";
import type { BlockType, ResolvedBlock } from "../resolved.js";
import { basic } from "./basic.js";
import type { BlockPlace } from "./block-kind.js";
import { bottleneck } from "./bottleneck.js";
import { convNormAct } from "./conv-norm-act.js";
import { depthwiseSeparable } from "./depthwise-separable.js";
import { fusedInvertedResidual } from "./fused-inverted-residual.js";
import { invertedResidual } from "./inverted-residual.js";

/** Every block type by the spec's word. A new one is its file and a line here. */
export const blockKinds = {
  "conv-norm-act": convNormAct,
  "depthwise-separable": depthwiseSeparable,
  "inverted-residual": invertedResidual,
  "fused-inverted-residual": fusedInvertedResidual,
  basic,
  bottleneck,
} as const satisfies { readonly [T in BlockType]: { readonly block: T } };

export const BLOCK_TYPES = Object.keys(blockKinds) as readonly BlockType[];

type StageSchema = (typeof blockKinds)[BlockType]["schema"];

/** The schemas of the block types; `block` tells them apart. */
export const stageSchemas = Object.values(blockKinds).map(({ schema }) => schema) as [
  StageSchema,
  ...StageSchema[],
];

/** A stage with its schema's defaults filled in; `block` tells which type. */
export type Stage = z.output<StageSchema>;

/** Where a gate can stand in a block of that type, the usual place first. */
export function positionsIn(block: BlockType): AttentionPositions {
  return blockKinds[block].positions;
}

/** One block of a stage with everything said. */
export function resolveBlock(
  stage: Stage,
  place: Omit<BlockPlace, "attention" | "attentionPosition">,
): ResolvedBlock {
  const { resolve } = blockKinds[stage.block] as { resolve(stage: Stage, place: BlockPlace): ResolvedBlock };
  return resolve(stage, { ...place, ...gateOf(stage, place.index) });
}

/** The stage's gate, as far as the block of that index has it. */
function gateOf(
  { block, attention }: Stage,
  index: number,
): Pick<BlockPlace, "attention" | "attentionPosition"> {
  if (attention === undefined) return { attention };
  const { position = positionsIn(block)[0], blocks, ...options } = attention;
  if (blocks !== undefined && !blocks.includes(index)) return { attention: undefined };
  return { attention: options as AttentionOptions, attentionPosition: position };
}
