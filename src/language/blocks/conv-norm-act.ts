import { channelCount } from "../fields.js";
import { type BuiltInBlock, common, defineBlockKind, stageFields } from "./block-kind.js";

/** kernel×kernel convolution, normalisation, activation. */
export interface ResolvedConvBlock extends BuiltInBlock {
  readonly block: "conv-norm-act";
  readonly groups: number;
}

export const convNormAct = defineBlockKind({
  block: "conv-norm-act",
  description: "Convolution, normalisation, activation.",
  positions: ["standard", "pre", "post", "identity"],
  fields: () => ({
    ...stageFields(),
    groups: channelCount
      .optional()
      .describe("Groups of the convolution. Default: 1. Must divide input and output channels."),
    groupSize: channelCount
      .optional()
      .describe(
        "Input channels of each group, instead of `groups`; for stages whose input channels differ between blocks.",
      ),
  }),
  resolve: (stage, context): ResolvedConvBlock => ({
    block: "conv-norm-act",
    ...common(context),
    kernel: stage.kernel,
    groups: stage.groupSize === undefined ? (stage.groups ?? 1) : context.inputChannels / stage.groupSize,
  }),
  facts: ({ inputChannels, channels, stride, groups }) => ({
    spatial: { inputs: inputChannels, channels, stride },
    shortcut: "identity",
    grouped: [{ keys: ["groupSize", "groups"], groups, inputs: inputChannels, channels }],
    widths: [],
  }),
});
