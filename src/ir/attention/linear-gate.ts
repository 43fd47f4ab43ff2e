import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../activations.js";
import { modelOp } from "../op.js";
import { floats, optional, weights } from "../operands.js";
import { expectDims, gatedChannels, refuse } from "../types.js";
import { activated, channelMeans, linear, product } from "./arithmetic.js";

/**
 * The op of a gate with one linear layer and no reduction, for x of [N, C, H, W]:
 *
 *     z = mean of x over H and W
 *     result[n,c,h,w] = x[n,c,h,w] · gate(W·z + b)[n,c]
 */
export function defineLinearGate(op: { readonly doc: string; readonly source: string }) {
  return modelOp({
    ...op,
    operands: { x: floats, weight: weights, bias: optional(weights) },
    attributes: () =>
      z.strictObject({
        gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
        /** The channels are cut into this many parts, and each part's gates see its own channels only. */
        group: z.int().min(1).default(1),
      }),
    infer({ x, weight, bias }, { group }) {
      const [, channels] = gatedChannels(x, "x");
      if (channels % group !== 0) refuse(`${channels} channels can't be cut into ${group} equal groups`);
      expectDims(weight, [channels, channels / group, 1, 1], "weight");
      if (bias !== undefined) expectDims(bias, [channels], "bias");
      return x;
    },
    cost({ x }, _result, { group }) {
      const [, channels] = gatedChannels(x, "x");
      return { macs: (channels * channels) / group };
    },
    evaluate({ x, weight, bias }, { gate, group }) {
      const mixed = linear(channelMeans(x), weight, bias, group);
      return product(x, activated(activations[gate], mixed));
    },
  });
}
