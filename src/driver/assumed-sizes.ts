import type { Diagnostic } from "../base/diagnostic.js";
import { type ImportedModel, openModel } from "../onnx/import.js";
import type { Sizes } from "../onnx/value-info.js";

/** A height and width that networks of images take. */
export const ASSUMED_SIDE = 224;

/** A file that was read, with a height and width that it leaves open taken for a number. */
export interface AssumedModel extends ImportedModel {
  /** That number; undefined for a file that leaves none open. */
  readonly side?: number;
}

/**
 * Reads an ONNX file; heights and widths that it leaves open are taken for `side`, because convolutions of maps without sizes
 * have no types. The batch stays open, unless `sizes` has a number for it. Errors: as those of `openModel`.
 */
export function openAssumed(file: string, side: number = ASSUMED_SIDE, sizes: Sizes = {}): AssumedModel {
  const imported = openModel(file, sizes);
  const { openSizes } = imported;
  if (openSizes.length === 0) return imported;
  imported.close();
  const assumed = openModel(file, {
    ...sizes,
    ...Object.fromEntries(openSizes.map((symbol) => [symbol, side])),
  });
  return { ...assumed, side, notes: [...assumed.notes, assumption(file, openSizes, side)] };
}

function assumption(file: string, symbols: readonly string[], side: number): Diagnostic {
  return {
    code: "onnx/assumed-size",
    message: `${file} leaves the sizes ${symbols.join(", ")} of its input open; it is looked at as if they were ${side}`,
    file,
  };
}
