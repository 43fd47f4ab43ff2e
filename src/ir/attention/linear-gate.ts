import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../activations.js";
import { defineOp, type OpDefinition } from "../op.js";
import { operandAt } from "../tensor.js";
import { expectDims, featureMap, refuse } from "../types.js";
import { activated, channelMeans, linear, product } from "./arithmetic.js";

const attributes = z.strictObject({
  gate: z.enum(ACTIVATION_NAMES).default("sigmoid"),
  /** The channels are cut into this many parts, and each part's gates see its own channels only. */
  group: z.int().min(1).default(1),
});

/**
 * The op of a gate with one linear layer and no reduction, for x of [N, C, H, W]:
 *
 *     z = mean of x over H and W
 *     result[n,c,h,w] = x[n,c,h,w] · gate(W·z + b)[n,c]
 */
export function defineLinearGate<const T extends string>(op: {
  type: T;
  doc: string;
  source: string;
}): OpDefinition<`attention.${T}`, typeof attributes> {
  const { type, ...rest } = op;
  return defineOp({
    ...rest,
    name: `attention.${type}` as const,
    level: "model",
    operands: ["x", "weight", "bias?"],
    attributes,
    infer(operands, { group }) {
      const [x, weight, bias] = operands;
      const [, channels] = featureMap(x, "x");
      if (channels % group !== 0) refuse(`${channels} channels can't be cut into ${group} equal groups`);
      expectDims(weight, [channels, channels / group, 1, 1], "weight");
      if (bias !== undefined) expectDims(bias, [channels], "bias");
      return [operandAt(operands, 0)];
    },
    cost([x], _results, { group }) {
      const [, channels] = featureMap(x, "x");
      return { macs: (channels * channels) / group };
    },
    evaluate(operands, { gate, group }) {
      const [x, weight] = [operandAt(operands, 0), operandAt(operands, 1)];
      const mixed = linear(channelMeans(x), weight, operands[2], group);
      return [product(x, activated(activations[gate], mixed))];
    },
  });
}
