import * as z from "zod";
import { ACTIVATION_NAMES, type ActivationName, activations } from "../activations.js";
import { elementAt, type Tensor, zeros } from "../tensor.js";
import { activated, channelMaxima, channelMeans, softmaxOf, sum } from "./arithmetic.js";

// What gates with a kernel along the channels have in common: what they squeeze to, and the function of the gate.

/** The functions that make a gate of a row of channels: those of one element, and a softmax over the channels. */
export const ROW_GATES = [...ACTIVATION_NAMES, "softmax"] as const;
export type RowGate = ActivationName | "softmax";

export const rowGate = z.enum(ROW_GATES);

export const rowGateOption = rowGate
  .default("sigmoid")
  .describe(
    "Function that turns the convolution's output into the gate. softmax: over the channels, so the gate sums to 1.",
  );

/** The gate of scores [N, C, 1, 1]. */
export function rowGated(gate: RowGate, scores: Tensor): Tensor {
  if (gate !== "softmax") return activated(activations[gate], scores);
  const channels = elementAt(scores.dims, 1);
  const shares = zeros(scores.dims, scores);
  for (let start = 0; start < shares.data.length; start += channels) {
    shares.data.set(softmaxOf(scores.data.subarray(start, start + channels)), start);
  }
  return shares;
}

/** What a channel is squeezed to, as one number. */
export const ROW_SQUEEZES = {
  average: channelMeans,
  max: channelMaxima,
  sum: (x: Tensor): Tensor => sum(channelMeans(x), channelMaxima(x)),
} as const;

export type RowSqueeze = keyof typeof ROW_SQUEEZES;

export const ROW_SQUEEZE_NAMES = Object.keys(ROW_SQUEEZES) as [RowSqueeze, ...RowSqueeze[]];

/** `squeeze max, gate tanh`: what a reader is told of a gate where it is not the paper's. */
export function describeRow({ squeeze, gate }: { readonly squeeze: string; readonly gate: string }): string {
  return `${squeeze === "average" ? "" : `, squeeze ${squeeze}`}${gate === "sigmoid" ? "" : `, ${gate}`}`;
}
