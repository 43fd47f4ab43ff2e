import * as z from "zod";
import { channelCount } from "../fields.js";
import { defineBlockKind } from "./block-kind.js";
import { type ResidualBlock, residualFields, residualPart } from "./residual-fields.js";

/** 1×1 reduction, kernel×kernel, 1×1 expansion, and a shortcut (ResNet-50 and deeper; ResNeXt; Wide ResNet-50). */
export interface ResolvedBottleneck extends ResidualBlock {
  readonly block: "bottleneck";
  /** Channels of the first convolution. */
  readonly reducedChannels: number;
  /** Channels of the spatial convolution. */
  readonly bottleneckChannels: number;
  /** Groups of the spatial convolution. */
  readonly groups: number;
  readonly strideAt: "reduce" | "spatial";
}

export const bottleneck = defineBlockKind({
  block: "bottleneck",
  description:
    "1×1 reduction, kernel×kernel convolution, 1×1 expansion with a shortcut around them, attention before the sum (ResNet-50 and deeper; ResNeXt).",
  positions: ["standard", "pre", "convolution", "spatial", "post", "identity", "identity-input"],
  fields: () => ({
    ...residualFields(),
    bottleneckRatio: z
      .number()
      .positive()
      .max(4)
      .default(0.25)
      .describe(
        "Channels of the kernel×kernel convolution as a fraction of the block's output channels: 0.5 in ResNeXt 32x4d and Wide ResNet-50-2.",
      ),
    reduceRatio: z
      .number()
      .positive()
      .max(4)
      .optional()
      .describe(
        "Channels of the first 1×1 convolution as a fraction of the block's output channels. Default: those of the kernel×kernel convolution. In SENet-154 0.5, with a `bottleneckRatio` of 1.",
      ),
    groups: channelCount
      .default(1)
      .describe(
        "Groups of the kernel×kernel convolution (the cardinality of ResNeXt). Must divide its channels.",
      ),
    strideAt: z
      .enum(["spatial", "reduce"])
      .default("spatial")
      .describe(
        "Convolution with the block's stride: the kernel×kernel one (`v1.5`, as in PyTorch), or the first 1×1 (`v1`, as in the ResNet paper).",
      ),
  }),
  resolve: (stage, context): ResolvedBottleneck => ({
    block: "bottleneck",
    ...residualPart(stage, context),
    bottleneckChannels: Math.max(1, Math.round(context.channels * stage.bottleneckRatio)),
    reducedChannels: Math.max(1, Math.round(context.channels * (stage.reduceRatio ?? stage.bottleneckRatio))),
    groups: stage.groups,
    strideAt: stage.strideAt,
  }),
  facts: ({ reducedChannels, bottleneckChannels, stride, strideAt, shortcut, groups }) => ({
    spatial: {
      inputs: reducedChannels,
      channels: bottleneckChannels,
      stride: strideAt === "reduce" ? 1 : stride,
    },
    shortcut,
    grouped: [
      {
        keys: ["groups"],
        groups,
        inputs: reducedChannels,
        channels: bottleneckChannels,
        name: "the spatial convolution",
      },
    ],
    widths: [
      { key: "bottleneckRatio", channels: bottleneckChannels },
      ...(reducedChannels === bottleneckChannels ? [] : [{ key: "reduceRatio", channels: reducedChannels }]),
    ],
  }),
});
