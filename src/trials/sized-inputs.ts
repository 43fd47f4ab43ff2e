import type { Diagnostic } from "../base/diagnostic.js";
import { type SizeOptions, takenSizes, withSizes } from "../networks/input-sizes.js";
import type { InputShape } from "./numbers.js";

/** Inputs that have a number for every size but the batch, and what was assumed for that. */
export interface SizedInputs {
  readonly inputs: readonly InputShape[];
  /** One on each input whose sizes were assumed. */
  readonly notes: readonly Diagnostic[];
  readonly usesResolution: boolean;
}

/** The inputs of a file that is run, with numbers for their open sizes. Errors: as of `takenSizes`. */
export function sizedInputs(
  inputs: readonly InputShape[],
  file: string,
  options: SizeOptions = {},
): SizedInputs {
  const { sizes, notes, usesResolution } = takenSizes(inputs, file, options);
  return {
    inputs: inputs.map((input) => ({ ...input, dims: withSizes(input.dims, sizes) })),
    notes,
    usesResolution,
  };
}
