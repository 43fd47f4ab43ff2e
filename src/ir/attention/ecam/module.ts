import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { uniformByFan } from "../../initializers.js";
import { defineOp } from "../../op.js";
import { sigmoid } from "../../ops/sigmoid.js";
import { operandAt, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { activated, alongChannels, applied, channelMeans, product, sum } from "../arithmetic.js";
import {
  describeKernel,
  inheritedKernel,
  kernelAttributes,
  kernelOptions,
  plannedKernel,
} from "../eca-kernel.js";
import { defineAttention } from "../module.js";
import { reductionOptions, squeezedChannels } from "../reduction.js";

/**
 * ECA with two convolutions along the channels and M maps between them (timm's `ecam`, in no paper), for y, the
 * mean of x over H and W:
 *
 *     u[m,c] = hidden(enter[m] · y[c] + enter_bias[m])                               k = 1
 *     ω[c]   = σ(Σₘ Σⱼ leave[m,j] · u[m, c + j - (k-1)/2] + leave_bias)              u = 0 outside of 0 … C-1
 *     result[n,c,h,w] = x[n,c,h,w] · ω[n,c]
 */
const op = defineOp({
  name: "attention.ecam",
  level: "model",
  doc: "x · sigmoid(C1D_k(hidden(C1D_1(mean of x over H and W)))): ECA with a hidden layer",
  source: "timm, layers/eca.py, EcaModule with use_mlp",
  operands: ["x", "enter", "enter_bias", "leave", "leave_bias"],
  attributes: z.strictObject({ ...kernelAttributes, hidden: z.enum(ACTIVATION_NAMES).default("relu") }),
  infer(operands, { kernel }) {
    const [x, enter, enterBias, leave, leaveBias] = operands;
    featureMap(x, "x");
    const maps = enter?.dims[0] ?? 1;
    expectDims(enter, [maps, 1, 1], "enter");
    expectDims(enterBias, [maps], "enter_bias");
    expectDims(leave, [1, maps, kernel], "leave");
    expectDims(leaveBias, [1], "leave_bias");
    return [operandAt(operands, 0)];
  },
  cost([x, enter], _results, { kernel }) {
    return { macs: featureMap(x, "x")[1] * Number(enter?.dims[0]) * (1 + kernel) };
  },
  evaluate(operands, { kernel, hidden }) {
    const [x, enter, enterBias, leave, leaveBias] = operands as readonly [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const y = channelMeans(x);
    let total = zeros(y.dims, y);
    for (let m = 0; m < enter.data.length; m++) {
      const scale = operandAt(enter.data, m);
      const offset = operandAt(enterBias.data, m);
      const u = activated(
        activations[hidden],
        applied((value) => scale * value + offset, y),
      );
      total = sum(
        total,
        alongChannels(u, kernel, "zeros", (_c, j) => operandAt(leave.data, m * kernel + j)),
      );
    }
    const offset = operandAt(leaveBias.data, 0);
    return [
      product(
        x,
        activated(
          sigmoid,
          applied((value) => value + offset, total),
        ),
      ),
    ];
  },
});

export const ecam = defineAttention({
  type: "ecam",
  title: "ECA with a hidden layer",
  options: z.strictObject({
    ...kernelOptions,
    ...reductionOptions({ ratio: 1 / 8, divisor: 8 }),
    activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation between the convolutions."),
  }),
  op,
  plan(given, site) {
    const maps = squeezedChannels(given, site);
    const planned = plannedKernel(given, site);
    const { kernel } = planned;
    return {
      attributes: { ...planned, hidden: given.activation },
      parameters: [
        { name: "enter.weight", dims: [maps, 1, 1], init: uniformByFan(1) },
        { name: "enter.bias", dims: [maps], init: uniformByFan(1) },
        { name: "leave.weight", dims: [1, maps, kernel], init: uniformByFan(maps * kernel) },
        { name: "leave.bias", dims: [1], init: uniformByFan(maps * kernel) },
      ],
    };
  },
  inherit: inheritedKernel,
  describe: (attributes, [, enter]) => `${describeKernel(attributes)}, ${enter?.dims[0]} maps`,
});
