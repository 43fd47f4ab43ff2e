import * as z from "zod";
import { channelCount, expansionFactor, kernelSize } from "../fields.js";
import { type BuiltInBlock, common, defineBlockKind, stageFields } from "./block-kind.js";

/** 1×1 expansion, kernel×kernel depthwise, attention, 1×1 projection (MobileNetV2; MBConv). */
export interface ResolvedInvertedResidual extends BuiltInBlock {
  readonly block: "inverted-residual";
  /** Sides of several kernels, each for an equal part of the channels (MixConv); undefined for one. */
  readonly kernels?: readonly number[] | undefined;
  /** Groups of the two 1×1 convolutions. */
  readonly expandGroups: number;
  readonly projectGroups: number;
  /** Channels after the expansion. With `expands` false there is no expansion layer and they are the input's. */
  readonly expandedChannels: number;
  readonly expands: boolean;
}

export const invertedResidual = defineBlockKind({
  block: "inverted-residual",
  description:
    "1×1 expansion, depthwise convolution, attention, 1×1 projection (MobileNetV2; EfficientNet's MBConv).",
  positions: ["spatial", "pre", "standard", "post", "identity"],
  fields: () => ({
    ...stageFields(),
    expansion: expansionFactor.describe(
      "Expanded channels as a multiple of the block's input channels, rounded to `scaling.divisor`.",
    ),
    kernels: z
      .array(kernelSize)
      .min(2)
      .max(8)
      .optional()
      .describe(
        "Sizes of several depthwise kernels, instead of `kernel`: the channels are split into equal parts, one per kernel; the first also gets the remainder (MixConv).",
      ),
    expandGroups: channelCount.default(1).describe("Groups of the 1×1 expansion, as in MixNet."),
    projectGroups: channelCount.default(1).describe("Groups of the 1×1 projection, as in MixNet."),
    expansionLayer: z
      .boolean()
      .optional()
      .describe(
        "Whether there is a 1×1 expansion layer. Default: true unless the expansion is 1, as in MobileNetV2 and EfficientNet. timm's `ir` strings always have one.",
      ),
  }),
  resolve(stage, context): ResolvedInvertedResidual {
    const expands = stage.expansionLayer ?? stage.expansion !== 1;
    return {
      block: "inverted-residual",
      ...common(context),
      kernel: stage.kernels === undefined ? stage.kernel : Math.max(...stage.kernels),
      kernels: stage.kernels,
      expandGroups: stage.expandGroups,
      projectGroups: stage.projectGroups,
      expands,
      expandedChannels: expands
        ? context.roundChannels(context.inputChannels * stage.expansion)
        : context.inputChannels,
    };
  },
  facts: ({ inputChannels, expandedChannels, channels, stride, expands, expandGroups, projectGroups }) => ({
    spatial: { inputs: expandedChannels, channels: expandedChannels, stride },
    shortcut: "identity",
    grouped: [
      {
        keys: ["expandGroups"],
        groups: expands ? expandGroups : 1,
        inputs: inputChannels,
        channels: expandedChannels,
      },
      { keys: ["projectGroups"], groups: projectGroups, inputs: expandedChannels, channels },
    ],
    widths: [{ key: "expansion", channels: expandedChannels }],
  }),
});
