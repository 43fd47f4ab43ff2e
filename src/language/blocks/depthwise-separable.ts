import * as z from "zod";
import { type BuiltInBlock, common, defineBlockKind, stageFields } from "./block-kind.js";

/** kernel×kernel depthwise, attention, 1×1 pointwise (MobileNetV1; EfficientNet's first stage). */
export interface ResolvedDepthwiseSeparable extends BuiltInBlock {
  readonly block: "depthwise-separable";
  /** Whether an activation follows the pointwise layer (MobileNetV1; timm's `dsa`). */
  readonly pointwiseActivation: boolean;
}

export const depthwiseSeparable = defineBlockKind({
  block: "depthwise-separable",
  description:
    "Depthwise convolution, attention, 1×1 pointwise convolution (MobileNetV1; EfficientNet's first stage).",
  positions: ["spatial", "pre", "standard", "post", "identity"],
  fields: () => ({
    ...stageFields(),
    pointwiseActivation: z
      .boolean()
      .default(false)
      .describe(
        "Whether an activation follows the pointwise layer, as in MobileNetV1; MobileNetV2 and EfficientNet have none.",
      ),
  }),
  resolve: (stage, context): ResolvedDepthwiseSeparable => ({
    block: "depthwise-separable",
    ...common(context),
    kernel: stage.kernel,
    pointwiseActivation: stage.pointwiseActivation,
  }),
  facts: ({ inputChannels, stride }) => ({
    spatial: { inputs: inputChannels, channels: inputChannels, stride },
    shortcut: "identity",
    grouped: [],
    widths: [],
  }),
});
