import type { Diagnostic } from "../../base/diagnostic.js";
import { ASSUMED_SIDE } from "../../given/onnx-file.js";
import type { InputShape } from "../../trials/numbers.js";

/** Inputs that have a size for everything but the batch, and a note on each that was not so. */
export interface SizedInputs {
  readonly inputs: readonly InputShape[];
  readonly notes: readonly Diagnostic[];
}

/**
 * The inputs of a model that is run: open heights and widths of maps are `side`, other open sizes 1. The batch, which is the
 * first size, stays open. `file` is the model's name in the notes.
 */
export function sizedInputs(
  inputs: readonly InputShape[],
  file: string,
  side: number = ASSUMED_SIDE,
): SizedInputs {
  const sized = inputs.map(({ name, dims: [batch, ...image] }): InputShape => {
    const sizes = image.map((dim, i) =>
      typeof dim === "number" ? dim : image.length === 3 && i > 0 ? side : 1,
    );
    return { name, dims: batch === undefined ? [] : [batch, ...sizes] };
  });
  const notes = inputs.flatMap(({ name, dims }, i): readonly Diagnostic[] => {
    if (!dims.slice(1).some((dim) => typeof dim === "string")) return [];
    const taken = sized[i]?.dims.slice(1).join("x");
    const message = `sizes of the input ${name} are open ([${dims.join(", ")}]); it is run with ${taken}`;
    const hint = dims.length === 4 ? "--resolution N takes another height and width" : undefined;
    return [{ code: "onnx/assumed-size", message, file, hint }];
  });
  return { inputs: sized, notes };
}
