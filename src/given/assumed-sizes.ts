import type { Diagnostic } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { type ImportedModel, openModel } from "../onnx/decode/import.js";
import type { Sizes } from "../onnx/file/value-info.js";
import type { InputShape } from "../trials/numbers.js";

/** A height and width that networks of images take. */
export const ASSUMED_SIDE = 224;

/** A file that was read, with a height and width that it leaves open taken for a number. */
export interface AssumedModel extends ImportedModel {
  /** That number; undefined for a file that leaves none open. */
  readonly side?: number;
  /** Inputs and outputs with the sizes that the file declares, open ones as symbols. */
  readonly declared: Pick<Graph, "inputs" | "outputs">;
}

/**
 * Reads an ONNX file; heights and widths that it leaves open are taken for `side`, because convolutions of maps without sizes
 * have no types. The batch stays open, unless `sizes` has a number for it. Errors: as those of `openModel`.
 */
export function openAssumed(file: string, side: number = ASSUMED_SIDE, sizes: Sizes = {}): AssumedModel {
  const imported = openModel(file, sizes);
  const { openSizes, graph: declared } = imported;
  if (openSizes.length === 0) return { ...imported, declared };
  imported.close();
  const assumed = openModel(file, {
    ...sizes,
    ...Object.fromEntries(openSizes.map((symbol) => [symbol, side])),
  });
  return { ...assumed, declared, side, notes: [...assumed.notes, assumption(file, openSizes, side)] };
}

function assumption(file: string, symbols: readonly string[], side: number): Diagnostic {
  return {
    code: "onnx/assumed-size",
    message: `the sizes ${symbols.join(", ")} of the input are open; shapes and counts are those of ${side}x${side}`,
    file,
  };
}

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
