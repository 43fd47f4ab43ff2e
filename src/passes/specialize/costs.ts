import { MEASURED } from "./measured.js";

/**
 * What ONNX Runtime's CPU provider runs around gates, in its own words where it has some. Its convolutions keep maps in blocks of 8 or 16 channels
 * ("NCHWc"); what can't read these gets a copy of the map in the usual order. Source: onnxruntime, core/optimizer/nchwc_transformer.cc and what its
 * profile shows.
 */
export const KERNELS = {
  "reorder-output": "a map is copied out of the blocked layout; per element",
  "reorder-input": "a map is copied into the blocked layout; per element",
  pool: "the mean of each channel; per element of the map",
  "broadcast-product": "a map times one number for each channel, in the usual layout; per element",
  product: "a map times another, in any layout; per element",
  enlarge: "one number for each channel is repeated over the map, in the blocked layout; per element",
  sum: "the sum of two maps; per element",
  activation: "a ReLU of a map by itself; per element",
  "channel-convolution":
    "a convolution of each channel by itself with a kernel of 1×1, which adds another map on the way; per element",
  pointwise: "a 1×1 convolution in the blocked layout; per multiply-accumulate",
  "computed-pointwise": "a 1×1 convolution whose weights are computed in each run; per multiply-accumulate",
  weights: "weights that are read for one position only; per element",
  "weight-product": "weights times one number for each channel; per element",
  node: "an operator on a few numbers; per operator",
} as const satisfies Readonly<Record<string, string>>;

export type KernelName = keyof typeof KERNELS;

/** A kernel that is run once, over as many units as its row of `KERNELS` counts. */
export interface KernelUse {
  readonly kernel: KernelName;
  readonly units: number;
}

/** Time of one run: `each` ns for each unit, and `start` µs whatever their number. */
export interface KernelCost {
  readonly start: number;
  readonly each: number;
}

export type KernelCosts = Readonly<Record<KernelName, KernelCost>>;

/** The time of some kernels one after the other, in µs, for one image of a batch. */
export function costOf(uses: readonly KernelUse[], threads: number): number {
  const costs: KernelCosts = threads === 1 ? MEASURED.one : MEASURED.several;
  return uses.reduce((sum, { kernel, units }) => {
    const { start, each } = costs[kernel];
    return sum + start + (each * units) / 1000;
  }, 0);
}

/** One element of a list of kernels. */
export function use(kernel: KernelName, units = 1): KernelUse {
  return { kernel, units };
}
