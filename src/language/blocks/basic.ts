import * as z from "zod";
import { defineBlockKind } from "./block-kind.js";
import { type ResidualBlock, residualFields, residualPart } from "./residual-fields.js";

/** Two kernel×kernel convolutions and a shortcut (ResNet-18 and -34). */
export interface ResolvedBasic extends ResidualBlock {
  readonly block: "basic";
  /** Whether an activation follows the branch's last normalisation too. */
  readonly branchActivation: boolean;
}

export const basic = defineBlockKind({
  block: "basic",
  description:
    "Two kernel×kernel convolutions with a shortcut around them, attention before the sum (ResNet-18 and -34).",
  // Which of the two convolutions `spatial` would be about is nowhere defined.
  positions: ["standard", "pre", "post", "identity", "identity-input"],
  fields: () => ({
    ...residualFields(),
    branchActivation: z
      .boolean()
      .default(false)
      .describe(
        "Whether an activation also follows the branch's last normalisation, before gate and sum, as in timm's legacy SE-ResNet-18 and -34.",
      ),
  }),
  resolve: (stage, context): ResolvedBasic => ({
    block: "basic",
    ...residualPart(stage, context),
    branchActivation: stage.branchActivation,
  }),
  facts: ({ inputChannels, channels, stride, shortcut }) => ({
    spatial: { inputs: inputChannels, channels, stride },
    shortcut,
    grouped: [],
    widths: [],
  }),
});
