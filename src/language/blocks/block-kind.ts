import * as z from "zod";
import { once } from "../../base/late.js";
import { lateVariant } from "../../base/late-schemas.js";
import { gatesSchema } from "../attention.js";
import { activationName, channelCount, kernelSize, strideSize } from "../fields.js";
import type { AttentionPositions } from "../positions.js";
import type { LayerDefaults, ResolvedPosition } from "../resolved-part.js";
import { valueFields } from "../values.js";

/** What a stage of any block type says. */
export const stageFields = once(() => ({
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
    .describe("Activation of this stage; overrides `defaults.activation`."),
  residual: z
    .boolean()
    .optional()
    .describe(
      "Whether blocks add their input to their output. Default: true if the stride is 1 and the channels are equal.",
    ),
  attention: gatesSchema
    .optional()
    .describe(
      'Gate of the stage\'s blocks, or a list of gates that are applied in order: `["eca", "sam"]`. Default: the top-level `attention`.',
    ),
  ...valueFields(),
  scaleDepth: z
    .boolean()
    .default(true)
    .describe("Whether depth scaling applies. EfficientNet-lite keeps its first and last stage as they are."),
}));

/** Where one block of a stage stands, with everything that the stage doesn't say itself. */
export interface BlockContext extends LayerDefaults, ResolvedPosition {
  /** Rounds a number of expanded channels as the spec's scaling says, or to a multiple of another divisor. */
  readonly roundChannels: (channels: number, divisor?: number) => number;
}

/** What every block has whose type ecagen brings along. */
export interface BuiltInBlock extends LayerDefaults, ResolvedPosition {
  readonly block: string;
  /** Side of the spatial kernels, of the largest where there are several. */
  readonly kernel: number;
}

/**
 * How a residual block's shortcut becomes as large as its branch, where the shapes differ. `conv`: 1×1 convolution with
 * the block's stride. `average-pool`: average pooling with the stride, then 1×1 convolution. `conv-average-pool`: 1×1
 * convolution, normalisation and activation, then average pooling. `zero-pad`: every stride-th
 * pixel, and zeros for the channels that are missing; no parameters.
 */
export type Shortcut = "conv" | "average-pool" | "conv-average-pool" | "zero-pad";

/** What the rules ask of a block, whatever its type. */
export interface RuleFacts {
  /**
   * The spatial convolution: the channels that enter and leave it, and its stride. A gate at `convolution` or `spatial`
   * sees those that leave.
   */
  readonly spatial: { readonly inputs: number; readonly channels: number; readonly stride: number };
  /** How the shortcut gets the branch's shape; `identity`: it is the block's input, so the shapes must be equal. */
  readonly shortcut: Shortcut | "identity" | "layers";
  /** The convolutions whose groups the stage says. */
  readonly grouped: readonly GroupedConv[];
  /** Numbers of channels that follow from other keys of the stage than `channels`. */
  readonly widths: readonly { readonly key: string; readonly channels: number }[];
}

/** A convolution in groups, which split the channels that enter and leave it into equal parts. */
export interface GroupedConv {
  /** The keys that can say the groups. */
  readonly keys: readonly [string, ...string[]];
  readonly groups: number;
  readonly inputs: number;
  readonly channels: number;
  /** What it is called where as many channels enter as leave it. */
  readonly name?: string;
}

/** One block type: what a stage may say of it, one of its blocks with all defaults filled in, and what the rules ask of that. */
interface BlockKind<N extends string, B extends BuiltInBlock, F extends z.ZodRawShape> {
  /** The spec's word. */
  readonly block: N;
  /** For the spec's documentation. */
  readonly description: string;
  /** What a stage says beside `block`. */
  readonly fields: () => F;
  /** Where a gate can stand, the usual one first. The builder puts it at each of them. */
  readonly positions: AttentionPositions;
  resolve(stage: z.output<z.ZodObject<F>>, context: BlockContext): B & { readonly block: N };
  facts(block: B): RuleFacts;
}

/** A block kind with its exact types, and the schema of its stages. */
export function defineBlockKind<const N extends string, B extends BuiltInBlock, F extends z.ZodRawShape>(
  kind: BlockKind<N, B, F>,
) {
  const { block, description, fields } = kind;
  const schema = lateVariant("block", block, () =>
    z.strictObject({ block: z.literal(block).describe("Type of the stage's blocks."), ...fields() }),
  ).register(z.globalRegistry, { id: block, description });
  return { ...kind, schema };
}

/** The part of a context that is the same for every block type. */
export function common({ roundChannels: _, ...context }: BlockContext): Omit<BlockContext, "roundChannels"> {
  return context;
}
