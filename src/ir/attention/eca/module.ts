import * as z from "zod";
import { uniformByFan } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, rest, weights } from "../../operands.js";
import { elementAt, type Tensor } from "../../tensor.js";
import { expectDims, gatedChannels, refuse } from "../../types.js";
import { alongChannels, applied, channelMaxima, channelMeans, product, sum } from "../arithmetic.js";
import {
  describeKernel,
  inheritedKernel,
  kernelAttributes,
  kernelOptions,
  plannedKernel,
} from "../eca-kernel.js";
import { startOfGates } from "../identity.js";
import { defineAttention, type PlannedParameter } from "../module.js";
import {
  describeRow,
  ROW_SQUEEZE_NAMES,
  ROW_SQUEEZES,
  type RowSqueeze,
  rowGate,
  rowGated,
  rowGateOption,
} from "../row-gate.js";

const PADDINGS = ["zeros", "circular"] as const;

const SQUEEZES = [...ROW_SQUEEZE_NAMES, "both"] as const;
type Squeeze = RowSqueeze | "both";

/**
 * Efficient Channel Attention (Wang et al., CVPR 2020, section 3.2 and eq. 9), for x of [N, C, H, W] or [N, C, L]:
 *
 *     y = mean of x over H and W            [N, C]
 *     ω[c] = σ(Σⱼ weight[j] · y[c + j - (k-1)/2] + bias),  y = 0 outside of 0 … C-1
 *     result[n,c,h,w] = x[n,c,h,w] · ω[n,c]
 *
 * Not in the paper: the bias; circular padding (timm's CECA), y[c + C] = y[c]; another `gate` instead of σ; and another
 * `squeeze`: the maximum instead of the mean, their sum, or `both`. With `both`, mean and maximum are convolved separately, by a
 * shared kernel or one kernel each, and the results are added before the gate.
 */
const op = modelOp({
  doc: "x · gate(C1D_k(mean of x over H and W)): Efficient Channel Attention",
  source: "ECA-Net (CVPR 2020), section 3.2, eq. 9",
  operands: { x: floats, weight: weights, more: rest(weights) },
  attributes: () =>
    z.strictObject({
      ...kernelAttributes(),
      padding: z.enum(PADDINGS).default("zeros"),
      squeeze: z.enum(SQUEEZES).default("average"),
      /** Whether the maximum has a kernel of its own, of `both`. */
      ownKernels: z.boolean().default(false),
      gate: rowGate.default("sigmoid"),
    }),
  infer({ x, weight, more }, { kernel, padding, squeeze, ownKernels }) {
    const [, channels] = gatedChannels(x, "x");
    refuseWideRing(channels, kernel, padding);
    refuseIdleKernel(squeeze, ownKernels);
    const parts = ecaParts(weight, more, ownKernels);
    for (const [i, part] of parts.kernels.entries()) {
      const name = i === 0 ? "" : "max_";
      expectDims(part.weight, [1, 1, kernel], `${name}weight`);
      if (part.bias !== undefined) expectDims(part.bias, [1], `${name}bias`);
    }
    if (parts.left > 0)
      refuse(`it takes ${more.length - parts.left} operands after its weight, not ${more.length}`);
    return x;
  },
  cost({ x }, _result, { kernel, squeeze }) {
    return { macs: gatedChannels(x, "x")[1] * kernel * (squeeze === "both" ? 2 : 1) };
  },
  evaluate({ x, weight, more }, { kernel, padding, squeeze, ownKernels, gate }) {
    const { kernels } = ecaParts(weight, more, ownKernels);
    const [first, last] = [kernels[0], kernels.at(-1)];
    const scoresOf = (y: Tensor, part = first): Tensor => {
      const mixed = alongChannels(y, kernel, padding, (_c, j) =>
        elementAt((part ?? { weight }).weight.data, j),
      );
      const offset = part?.bias?.data[0] ?? 0;
      return applied((each) => each + offset, mixed);
    };
    const scores =
      squeeze === "both"
        ? sum(scoresOf(channelMeans(x)), scoresOf(channelMaxima(x), last))
        : scoresOf(ROW_SQUEEZES[squeeze](x));
    return product(x, rowGated(gate, scores));
  },
});

/** A convolution along the channels. */
interface KernelParts<T> {
  readonly weight: T;
  readonly bias: T | undefined;
}

/** The kernels of an ECA gate: the one of all, or that of the mean and that of the maximum. `left`: operands that belong to none. */
export function ecaParts<T>(
  weight: T,
  more: readonly T[],
  ownKernels: boolean,
): { readonly kernels: readonly KernelParts<T>[]; readonly left: number } {
  if (!ownKernels) return { kernels: [{ weight, bias: more[0] }], left: Math.max(0, more.length - 1) };
  const [other = weight, bias, otherBias] = more;
  const isWhole = more.length === 1 || more.length === 3;
  return {
    kernels: [
      { weight, bias },
      { weight: other, bias: otherBias },
    ],
    left: isWhole ? 0 : Math.max(1, more.length - 3),
  };
}

export const eca = defineAttention({
  type: "eca",
  title: "Efficient Channel Attention",
  options: () =>
    z.strictObject({
      ...kernelOptions(),
      padding: z
        .enum(PADDINGS)
        .default("zeros")
        .describe("Padding of the channels: zeros, or the channels of the other end (CECA)."),
      bias: z
        .boolean()
        .default(false)
        .describe("Whether the convolution has a bias; in the paper it has none."),
      squeeze: z
        .enum(SQUEEZES)
        .default("average")
        .describe(
          "Pooling of each channel: its average, its maximum, or their sum. both: the convolution is applied to the averages and to the maxima, and the results are added.",
        ),
      ownKernels: z
        .boolean()
        .default(false)
        .describe("Whether averages and maxima have separate convolutions, with the squeeze both."),
      gate: rowGateOption,
    }),
  op,
  plan(given, site) {
    const kernel = plannedKernel(given, site);
    const { padding, squeeze, ownKernels, gate } = given;
    refuseWideRing(site.channels, kernel.kernel, padding);
    refuseIdleKernel(squeeze, ownKernels);
    // A convolution along the channels starts in every network as PyTorch starts one.
    const init = uniformByFan(kernel.kernel);
    const layers = ownKernels ? ["conv", "max_conv"] : ["conv"];
    const of = (word: string, dims: readonly number[]): readonly PlannedParameter[] =>
      layers.map((layer) => ({ name: `${layer}.${word}`, dims, init }));
    return {
      attributes: { ...kernel, padding, squeeze, ownKernels, gate },
      parameters: [...of("weight", [1, 1, kernel.kernel]), ...(given.bias ? of("bias", [1]) : [])],
    };
  },
  identity: ({ attributes: { gate }, parameters }, { channels }) =>
    startOfGates(gate, { zero: parameters.map(({ name }) => name) }, { channels }),
  inherit: inheritedKernel,
  describe: (attributes) =>
    `${describeKernel(attributes)}${attributes.padding === "circular" ? ", circular" : ""}${describeRow(attributes)}${attributes.ownKernels ? ", two kernels" : ""}`,
});

/** A ring that is shorter than half a kernel would go round more than once. */
function refuseWideRing(channels: number, kernel: number, padding: (typeof PADDINGS)[number]): void {
  if (padding === "circular" && (kernel - 1) / 2 > channels) {
    refuse(`a circular kernel of ${kernel} goes round ${channels} channels more than once`);
  }
}

function refuseIdleKernel(squeeze: Squeeze, ownKernels: boolean): void {
  if (ownKernels && squeeze !== "both") {
    refuse("`ownKernels` is for a squeeze of both, the average and the maximum");
  }
}
