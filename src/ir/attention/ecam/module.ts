import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { uniformByFan } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { elementAt, zeros } from "../../tensor.js";
import { expectDims, gatedChannels } from "../../types.js";
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
const op = modelOp({
  doc: "x · sigmoid(C1D_k(hidden(C1D_1(mean of x over H and W)))): ECA with a hidden layer",
  source: "timm, layers/eca.py, EcaModule with use_mlp",
  operands: { x: floats, enter: weights, enterBias: weights, leave: weights, leaveBias: weights },
  attributes: z.strictObject({ ...kernelAttributes, hidden: z.enum(ACTIVATION_NAMES).default("relu") }),
  infer({ x, enter, enterBias, leave, leaveBias }, { kernel }) {
    gatedChannels(x, "x");
    const maps = enter.dims[0] ?? 1;
    expectDims(enter, [maps, 1, 1], "enter");
    expectDims(enterBias, [maps], "enter_bias");
    expectDims(leave, [1, maps, kernel], "leave");
    expectDims(leaveBias, [1], "leave_bias");
    return x;
  },
  cost({ x, enter }, _result, { kernel }) {
    return { macs: gatedChannels(x, "x")[1] * Number(enter.dims[0]) * (1 + kernel) };
  },
  evaluate({ x, enter, enterBias, leave, leaveBias }, { kernel, hidden }) {
    const y = channelMeans(x);
    let total = zeros(y.dims, y);
    for (let m = 0; m < enter.data.length; m++) {
      const scale = elementAt(enter.data, m);
      const offset = elementAt(enterBias.data, m);
      const u = activated(
        activations[hidden],
        applied((value) => scale * value + offset, y),
      );
      total = sum(
        total,
        alongChannels(u, kernel, "zeros", (_c, j) => elementAt(leave.data, m * kernel + j)),
      );
    }
    const offset = elementAt(leaveBias.data, 0);
    const scores = applied((value) => value + offset, total);
    return product(x, activated(activations.sigmoid, scores));
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
  describe: (attributes, { enter }) => `${describeKernel(attributes)}, ${enter.dims[0]} maps`,
});
