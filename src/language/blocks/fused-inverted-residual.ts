import { expansionFactor } from "../fields.js";
import { type BuiltInBlock, common, defineBlockKind, stageFields } from "./block-kind.js";

/** kernel×kernel expansion, attention, 1×1 projection (EfficientNetV2's Fused-MBConv; EdgeTPU). */
export interface ResolvedFusedInvertedResidual extends BuiltInBlock {
  readonly block: "fused-inverted-residual";
  readonly expandedChannels: number;
}

export const fusedInvertedResidual = defineBlockKind({
  block: "fused-inverted-residual",
  description:
    "Full convolution that expands, attention, 1×1 projection (EfficientNetV2's Fused-MBConv; EdgeTPU).",
  positions: ["spatial", "pre", "standard", "post", "identity"],
  fields: () => ({
    ...stageFields(),
    expansion: expansionFactor.describe(
      "Expanded channels as a multiple of the block's input channels, rounded to `scaling.divisor`. With 1 there are still both layers.",
    ),
  }),
  resolve: (stage, context): ResolvedFusedInvertedResidual => ({
    block: "fused-inverted-residual",
    ...common(context),
    kernel: stage.kernel,
    expandedChannels: context.roundChannels(context.inputChannels * stage.expansion),
  }),
  facts: ({ inputChannels, expandedChannels, stride }) => ({
    spatial: { inputs: inputChannels, channels: expandedChannels, stride },
    shortcut: "identity",
    grouped: [],
    widths: [{ key: "expansion", channels: expandedChannels }],
  }),
});
