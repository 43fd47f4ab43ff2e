/** Where a model is going to run: on anything, or best on one kind of device. */
export const TARGETS = ["portable", "cpu", "gpu"] as const;

export type Target = (typeof TARGETS)[number];

/** How a convolution over the channel axis is written with two-dimensional convolutions: see `channel-row.ts` and `banded.ts`. */
export const LOWERING_STRATEGIES = ["transpose", "reshape", "banded"] as const;

export type LoweringStrategy = (typeof LOWERING_STRATEGIES)[number];

/** The forms in which the channels are the columns of a row. */
export type RowForm = Exclude<LoweringStrategy, "banded">;

export interface LoweringOptions {
  readonly strategy: LoweringStrategy | "auto";
  readonly target: Target;
}

/**
 * Measured with EfficientNet-B0-ECA: on the CPU both are as fast as a one-dimensional convolution (within 1 %);
 * on WebGPU transposing takes 142 programs a run and reshaping 174. Reshapes are
 * what converters to other runtimes accept nearly everywhere.
 */
const BEST_FORM: { readonly [T in Target]: RowForm } = {
  portable: "reshape",
  cpu: "transpose",
  gpu: "transpose",
};

/** The form of a row of channels; where a gate can't be banded, that of the target. */
export function chooseForm({ strategy, target }: LoweringOptions): RowForm {
  return strategy === "auto" || strategy === "banded" ? BEST_FORM[target] : strategy;
}

/**
 * The most channels for which a banded matrix, of as many numbers as the square of their count, is better than a row. On the CPU it keeps the gate
 * in the blocked layout; on a GPU it saves two of five programs a gate, and EfficientNet-B0-ECA takes as few programs as with SE.
 */
const MOST_BANDED: { readonly [T in Target]: number } = { portable: 0, cpu: 240, gpu: 480 };

export function prefersBanded({ strategy, target }: LoweringOptions, channels: number): boolean {
  return strategy === "auto" ? channels <= MOST_BANDED[target] : strategy === "banded";
}
