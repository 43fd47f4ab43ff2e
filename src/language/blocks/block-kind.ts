import * as z from "zod";
import { attentionSchema } from "../attention.js";
import { activationName, channelCount, kernelSize, strideSize } from "../fields.js";
import type { AttentionPositions } from "../positions.js";
import type { BlockType, LayerDefaults, ResolvedBlock, ResolvedPlace } from "../resolved.js";

/** What a stage of any block type says. */
export const stageFields = {
  repeat: z
    .int()
    .min(1)
    .max(256)
    .default(1)
    .describe(
      "Blocks of the stage before depth scaling. The first has the stage's stride, the others stride 1.",
    ),
  kernel: kernelSize.default(3).describe("Side of the kernel in pixels, odd."),
  stride: strideSize.default(1).describe("Stride of the stage's first block, in pixels."),
  channels: channelCount.describe("Output channels before width scaling."),
  activation: activationName
    .optional()
    .describe("Activation of this stage, in place of `defaults.activation`."),
  residual: z
    .boolean()
    .optional()
    .describe(
      "Whether blocks add their input to their output. Left out: where the stride is 1 and the channels are equal.",
    ),
  attention: attentionSchema
    .optional()
    .describe("Gate of the stage's blocks. Left out: the network's `attention`."),
  scaleDepth: z
    .boolean()
    .default(true)
    .describe("Whether depth scaling applies. EfficientNet-lite keeps its first and last stage as they are."),
} as const;

/** Where one block of a stage stands, with everything that the stage doesn't say itself. */
export interface BlockPlace extends LayerDefaults, ResolvedPlace {
  /** Rounds a number of expanded channels as the spec's scaling says, or to a multiple of another divisor. */
  readonly roundChannels: (channels: number, divisor?: number) => number;
}

/** One block type: what a stage may say of it, and one of its blocks with everything said. */
export interface BlockKind<T extends BlockType, S extends z.ZodObject> {
  readonly schema: S;
  /** Where a gate can stand, the usual place first. The builder puts it at each of them. */
  readonly positions: AttentionPositions;
  resolve(stage: z.output<S>, place: BlockPlace): Extract<ResolvedBlock, { readonly block: T }>;
}

/** Gives a block kind its exact type. */
export function defineBlockKind<const T extends BlockType, S extends z.ZodObject>(
  kind: BlockKind<T, S> & { readonly block: T },
): BlockKind<T, S> & { readonly block: T } {
  return kind;
}

/** The part of a place that is the same for every block type. */
export function placed({ roundChannels: _, ...place }: BlockPlace): Omit<BlockPlace, "roundChannels"> {
  return place;
}
