import * as z from "zod";
import { defineBlockKind, placed, stageFields } from "./block-kind.js";

/** Depthwise, attention, 1×1 pointwise: timm's `ds`, and `dsa` with an activation after the pointwise layer. */
export const depthwiseSeparable = defineBlockKind({
  block: "depthwise-separable",
  positions: ["spatial", "pre", "standard", "post", "identity"],
  schema: z
    .strictObject({
      block: z.literal("depthwise-separable").describe("Type of the stage's blocks."),
      ...stageFields,
      pointwiseActivation: z
        .boolean()
        .default(false)
        .describe(
          "Whether an activation follows the pointwise layer, as in MobileNetV1; MobileNetV2 and EfficientNet have none.",
        ),
    })
    .meta({
      id: "depthwise-separable",
      description:
        "Depthwise convolution, attention, 1×1 pointwise convolution (MobileNetV1; EfficientNet's first stage).",
    }),
  resolve: (stage, place) => ({
    block: "depthwise-separable",
    ...placed(place),
    kernel: stage.kernel,
    pointwiseActivation: stage.pointwiseActivation,
  }),
});
