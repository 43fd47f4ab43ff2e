import type { Diagnostic } from "../base/diagnostic.js";
import { type OpenedModel, openModel } from "../files/models/open.js";
import { type AssumedModel, type FileNetwork, networkOfFile } from "../networks/file-network.js";
import type { NetworkOptions } from "../networks/spec-network.js";
import type { Sizes } from "../onnx/file/value-info.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** A height and width that networks of images take. */
export const ASSUMED_SIDE = 224;

/**
 * Reads an ONNX file; heights and widths that it leaves open are taken for `side`, because convolutions of maps without sizes
 * have no types. The batch stays open, unless `sizes` has a number for it. Errors: as those of `openModel`.
 */
export function openAssumed(
  file: string,
  side: number = ASSUMED_SIDE,
  sizes: Sizes = {},
): AssumedModel & OpenedModel {
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

type FileOptions = Pick<NetworkOptions, "passes" | "resolution">;

/**
 * Reads an ONNX file, finds its structure, and does something with it; its numbers can be read until that is done.
 *
 * Errors: `InputError` for a file that is no model, and for options that only specs have a use for.
 */
export function withFileNetwork<T>(file: string, options: FileOptions, act: (network: FileNetwork) => T): T {
  const imported = openAssumed(file, options.resolution);
  try {
    if (imported.side === undefined)
      refuseUnusedFlags({ "a file has its size": true }, options, { model: file });
    return act(networkOfFile(file, imported, options));
  } finally {
    imported.close();
  }
}
