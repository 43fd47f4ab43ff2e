import * as z from "zod";
import { channelCount } from "../fields.js";
import { defineBlockKind, placed, stageFields } from "./block-kind.js";

/** kernel×kernel convolution, normalisation, activation: timm's `cn`. */
export const convNormAct = defineBlockKind({
  block: "conv-norm-act",
  positions: ["standard", "pre", "post", "identity"],
  schema: z
    .strictObject({
      block: z.literal("conv-norm-act").describe("Type of the stage's blocks."),
      ...stageFields,
      groups: channelCount
        .optional()
        .describe(
          "Groups of the convolution: 1 unless said otherwise. Must divide input and output channels.",
        ),
      groupSize: channelCount
        .optional()
        .describe("Input channels of each group, in place of `groups`; for stages whose input grows."),
    })
    .meta({ id: "conv-norm-act", description: "Convolution, normalisation, activation." }),
  resolve: (stage, place) => ({
    block: "conv-norm-act",
    ...placed(place),
    kernel: stage.kernel,
    groups: stage.groupSize === undefined ? (stage.groups ?? 1) : place.inputChannels / stage.groupSize,
  }),
});
