/** Where a model is going to run: on anything, or best on one kind of device. */
export const TARGETS = ["portable", "cpu", "gpu"] as const;

export type Target = (typeof TARGETS)[number];

/** How a convolution over the channel axis is said with two-dimensional convolutions: see `eca.ts`. */
export const LOWERING_STRATEGIES = ["transpose", "reshape"] as const;

export type LoweringStrategy = (typeof LOWERING_STRATEGIES)[number];

export interface LoweringOptions {
  readonly strategy: LoweringStrategy | "auto";
  readonly target: Target;
}

/**
 * Measured with EfficientNet-B0-ECA: on the CPU both are as fast as a one-dimensional convolution (within 1 %);
 * on WebGPU transposing takes 142 programs a run and reshaping 174. Reshapes are
 * what converters to other runtimes accept nearly everywhere.
 */
const BEST_STRATEGY: { readonly [T in Target]: LoweringStrategy } = {
  portable: "reshape",
  cpu: "transpose",
  gpu: "transpose",
};

export function chooseStrategy({ strategy, target }: LoweringOptions): LoweringStrategy {
  return strategy === "auto" ? BEST_STRATEGY[target] : strategy;
}
