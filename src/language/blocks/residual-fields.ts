import * as z from "zod";
import { once } from "../../base/late.js";
import { kernelSize } from "../fields.js";
import { type BlockContext, type BuiltInBlock, common, type Shortcut, stageFields } from "./block-kind.js";

/** What a stage of basic or bottleneck blocks says. */
export const residualFields = once(() => ({
  ...stageFields(),
  residual: z
    .boolean()
    .default(true)
    .describe("Whether blocks have a shortcut; false: the plain network of the ResNet paper."),
  shortcut: z
    .enum(["conv", "average-pool", "conv-average-pool", "zero-pad"])
    .default("conv")
    .describe(
      "How the shortcut gets the branch's shape, if the shapes differ. conv: 1×1 convolution with the block's stride (option B of the ResNet paper). average-pool: average pooling with the stride, then 1×1 convolution (ResNet-D). conv-average-pool: 1×1 convolution, normalisation and activation, then average pooling (the first XResNet). zero-pad: every stride-th pixel, and zeros for the missing channels (option A).",
    ),
  shortcutKernel: kernelSize
    .default(1)
    .describe("Side of the kernel of the shortcut's convolution: 3 in SENet-154."),
  preactivation: z
    .boolean()
    .default(false)
    .describe(
      "Whether normalisation and activation precede each convolution instead of following it, with none after the sum (ResNet-v2; Wide ResNet). Needs `head.preactivation`.",
    ),
}));

/** A block of a branch of convolutions and a shortcut around them. */
export interface ResidualBlock extends BuiltInBlock {
  readonly shortcut: Shortcut;
  /** Side of the kernel of the shortcut's convolution. */
  readonly shortcutKernel: number;
  /** Normalisation and activation before each convolution instead of after it, and none after the sum. */
  readonly preactivation: boolean;
}

/** The part of a residual block that both types share. */
export function residualPart(
  stage: z.output<z.ZodObject<ReturnType<typeof residualFields>>>,
  context: BlockContext,
) {
  const { kernel, shortcut, shortcutKernel, preactivation, residual } = stage;
  return { ...common(context), kernel, shortcut, shortcutKernel, preactivation, residual };
}
