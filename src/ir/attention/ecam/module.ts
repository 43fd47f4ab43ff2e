import * as z from "zod";
import { ACTIVATION_NAMES, activations } from "../../activations.js";
import { uniformByFan } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, optional, weights } from "../../operands.js";
import { elementAt, zeros } from "../../tensor.js";
import { expectDims, gatedChannels, refuse } from "../../types.js";
import { activated, alongChannels, applied, product, sum } from "../arithmetic.js";
import {
  describeKernel,
  inheritedKernel,
  kernelAttributes,
  kernelOptions,
  oddKernel,
  plannedKernel,
} from "../eca-kernel.js";
import { startOfGates } from "../identity.js";
import { defineAttention } from "../module.js";
import { reductionOptions, squeezedChannels } from "../reduction.js";
import {
  describeRow,
  ROW_SQUEEZE_NAMES,
  ROW_SQUEEZES,
  rowGate,
  rowGated,
  rowGateOption,
} from "../row-gate.js";

/**
 * ECA with two convolutions along the channels and M maps between them (timm's `ecam`; not in a paper), for y, the
 * mean of x over H and W:
 *
 *     u[m,c] = hidden(Σᵢ enter[m,i] · y[c + i - (k₁-1)/2] + enter_bias[m])           k₁ = 1; y = 0 outside of 0 … C-1
 *     ω[c]   = σ(Σₘ Σⱼ leave[m,j] · u[m, c + j - (k-1)/2] + leave_bias)              u = 0 outside of 0 … C-1
 *     result[n,c,h,w] = x[n,c,h,w] · ω[n,c]
 *
 * Not in timm: a wider first kernel, no biases, another `gate` instead of σ, and another `squeeze`: the maximum, or its sum with
 * the mean.
 */
const op = modelOp({
  doc: "x · sigmoid(C1D_k(hidden(C1D_1(mean of x over H and W)))): ECA with a hidden layer",
  source: "timm, layers/eca.py, EcaModule with use_mlp",
  operands: {
    x: floats,
    enter: weights,
    leave: weights,
    enterBias: optional(weights),
    leaveBias: optional(weights),
  },
  attributes: () =>
    z.strictObject({
      ...kernelAttributes(),
      hidden: z.enum(ACTIVATION_NAMES).default("relu"),
      squeeze: z.enum(ROW_SQUEEZE_NAMES).default("average"),
      gate: rowGate.default("sigmoid"),
    }),
  infer({ x, enter, leave, enterBias, leaveBias }, { kernel }) {
    gatedChannels(x, "x");
    const [maps = 1, , first = 1] = enter.dims;
    if (Number(first) % 2 === 0) refuse(`a first kernel of ${first} has no middle`);
    expectDims(enter, [maps, 1, first], "enter");
    expectDims(leave, [1, maps, kernel], "leave");
    if (enterBias !== undefined) expectDims(enterBias, [maps], "enter_bias");
    if (leaveBias !== undefined) expectDims(leaveBias, [1], "leave_bias");
    return x;
  },
  cost({ x, enter }, _result, { kernel }) {
    const [maps, , first] = enter.dims;
    return { macs: gatedChannels(x, "x")[1] * Number(maps) * (Number(first) + kernel) };
  },
  evaluate({ x, enter, leave, enterBias, leaveBias }, { kernel, hidden, squeeze, gate }) {
    const y = ROW_SQUEEZES[squeeze](x);
    const [maps, first] = [elementAt(enter.dims, 0), elementAt(enter.dims, 2)];
    let total = zeros(y.dims, y);
    for (let m = 0; m < maps; m++) {
      const offset = enterBias?.data[m] ?? 0;
      const entered = alongChannels(y, first, "zeros", (_c, i) => elementAt(enter.data, m * first + i));
      const u = activated(
        activations[hidden],
        applied((value) => value + offset, entered),
      );
      total = sum(
        total,
        alongChannels(u, kernel, "zeros", (_c, j) => elementAt(leave.data, m * kernel + j)),
      );
    }
    const offset = leaveBias?.data[0] ?? 0;
    const scores = applied((value) => value + offset, total);
    return product(x, rowGated(gate, scores));
  },
});

export const ecam = defineAttention({
  type: "ecam",
  title: "ECA with a hidden layer",
  options: () =>
    z.strictObject({
      ...kernelOptions(),
      ...reductionOptions({ ratio: 1 / 8, divisor: 8 }),
      activation: z.enum(ACTIVATION_NAMES).default("relu").describe("Activation between the convolutions."),
      firstKernel: oddKernel()
        .default(1)
        .describe("Kernel size of the first convolution, odd; `kernel` is the size of the second."),
      bias: z.boolean().default(true).describe("Whether the convolutions have a bias."),
      squeeze: z
        .enum(ROW_SQUEEZE_NAMES)
        .default("average")
        .describe("Pooling of each channel: its average, its maximum, or their sum."),
      gate: rowGateOption,
    }),
  op,
  plan(given, site) {
    const maps = squeezedChannels(given, site);
    const planned = plannedKernel(given, site);
    const { kernel } = planned;
    const { activation: hidden, firstKernel: first, squeeze, gate } = given;
    const [enter, leave] = [uniformByFan(first), uniformByFan(maps * kernel)];
    return {
      attributes: { ...planned, hidden, squeeze, gate },
      parameters: [
        { name: "enter.weight", dims: [maps, 1, first], init: enter },
        { name: "leave.weight", dims: [1, maps, kernel], init: leave },
        ...(given.bias
          ? [
              { name: "enter.bias", dims: [maps], init: enter },
              { name: "leave.bias", dims: [1], init: leave },
            ]
          : []),
      ],
    };
  },
  identity: ({ attributes: { gate } }, { channels }) =>
    startOfGates(gate, { zero: ["leave.weight", "leave.bias"], paired: ["enter.weight"] }, { channels }),
  inherit: inheritedKernel,
  describe: (attributes, { enter: { dims } }) =>
    `${describeKernel(attributes)}, ${dims[0]} maps${dims[2] === 1 ? "" : ` of k = ${dims[2]}`}${describeRow(attributes)}`,
});
