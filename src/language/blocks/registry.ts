import type * as z from "zod";
import type { DefinedStage } from "../definitions/definition.js";
import {
  factsOfDefined,
  positionsInDefined,
  type ResolvedDefined,
} from "../definitions/resolved-definition.js";
import { gatesOf } from "../gates.js";
import type { AttentionPositions } from "../positions.js";
import { basic } from "./basic.js";
import type { BlockContext, RuleFacts } from "./block-kind.js";
import { bottleneck } from "./bottleneck.js";
import { convNormAct } from "./conv-norm-act.js";
import { depthwiseSeparable } from "./depthwise-separable.js";
import { fusedInvertedResidual } from "./fused-inverted-residual.js";
import { invertedResidual } from "./inverted-residual.js";

/** Every block type that ecagen brings along, by the spec's word. A new one is its file and a line here. */
export const blockKinds = {
  "conv-norm-act": convNormAct,
  "depthwise-separable": depthwiseSeparable,
  "inverted-residual": invertedResidual,
  "fused-inverted-residual": fusedInvertedResidual,
  basic,
  bottleneck,
} as const;

/** The words for the blocks that ecagen brings along. */
export type BlockType = keyof typeof blockKinds;

export const BLOCK_TYPES = Object.keys(blockKinds) as readonly BlockType[];

/** One block of a built-in type, with all defaults filled in. */
export type ResolvedBuiltIn = ReturnType<(typeof blockKinds)[BlockType]["resolve"]>;

export type ResolvedBlock = ResolvedBuiltIn | ResolvedDefined;

type StageSchema = (typeof blockKinds)[BlockType]["schema"];

/** The schemas of the block types; `block` tells them apart. */
export const stageSchemas = Object.values(blockKinds).map(({ schema }) => schema) as [
  StageSchema,
  ...StageSchema[],
];

/** A stage of blocks that ecagen brings along, with its schema's defaults filled in; `block` tells which type. */
export type BuiltInStage = z.output<StageSchema>;

export type Stage = BuiltInStage | DefinedStage;

/** Whether a stage's blocks are the spec's own. */
export function isDefined(stage: Stage): stage is DefinedStage {
  return !Object.hasOwn(blockKinds, stage.block);
}

/** Where a gate can stand in a block of that type, the usual one first. */
export function positionsIn(block: BlockType): AttentionPositions {
  return blockKinds[block].positions;
}

/** Where a gate can stand in a block, the usual one first. */
export function positionsOf(block: ResolvedBlock): AttentionPositions {
  return block.block === "defined" ? positionsInDefined(block) : positionsIn(block.block);
}

/** What the rules ask of a block. */
export function factsOf(block: ResolvedBlock): RuleFacts {
  if (block.block === "defined") return factsOfDefined(block);
  return (blockKinds[block.block] as { facts(block: ResolvedBuiltIn): RuleFacts }).facts(block);
}

/** One block of a stage with all defaults filled in. */
export function resolveBlock(stage: BuiltInStage, context: Omit<BlockContext, "gates">): ResolvedBlock {
  const { resolve } = blockKinds[stage.block] as {
    resolve(stage: BuiltInStage, context: BlockContext): ResolvedBlock;
  };
  return resolve(stage, { ...context, gates: gatesOf(stage, context, positionsIn(stage.block)[0]) });
}
