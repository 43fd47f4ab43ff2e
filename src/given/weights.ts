import type { Diagnostic } from "../base/diagnostic.js";
import { openInitializers } from "../files/models/read.js";
import { readText } from "../files/read-file.js";
import { openTensors } from "../files/tensors/open.js";
import type { GivenWeights, WeightsOptions } from "../networks/load-weights.js";
import { isOnnx } from "../onnx/file/names.js";
import { unknownKey } from "../weights/formats/torch/read.js";
import { parseRenaming } from "../weights/names/renaming.js";
import { nonFiniteWarnings, type WatchedSource, watchNumbers } from "../weights/values/non-finite.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** Weights of a file that the user named. */
export interface OpenWeights extends GivenWeights {
  readonly source: WatchedSource;
}

/**
 * Opens a file or folder of weights in any format that ecagen reads; an ONNX file by its initializers.
 *
 * Errors: `InputError` for a file that can't be read, has an unknown format, or is damaged.
 */
export function openWeights(path: string, key?: string): WatchedSource {
  if (!isOnnx(path)) return watchNumbers(openTensors(path, key));
  if (key !== undefined) throw unknownKey(path, key, []);
  return watchNumbers(openInitializers(path));
}
/**
 * Opens the weights that the options name, for as long as `use` takes; without any, `use` gets undefined. Errors:
 * `InputError` for a file that can't be read, and for flags about weights where there are none.
 */
export async function withOpenWeights<T>(
  { weights, ...options }: WeightsOptions,
  use: (given: OpenWeights | undefined) => Promise<T>,
): Promise<T> {
  if (weights === undefined) {
    refuseUnusedFlags({ "no weights": true }, options);
    return await use(undefined);
  }
  const source = openWeights(weights, options.weightsKey);
  try {
    const { names, namesMap, adaptInput, allowMissing, allowOtherSettings } = options;
    const renaming = namesMap === undefined ? undefined : parseRenaming(readText(namesMap), namesMap);
    return await use({ source, names, renaming, adaptInput, allowMissing, allowOtherSettings });
  } finally {
    source.close();
  }
}

/** What is wrong with the numbers that have been read, so when all that is needed of them is. */
export function weightsWarnings(given: readonly (OpenWeights | undefined)[]): readonly Diagnostic[] {
  return nonFiniteWarnings(given.flatMap((each) => each?.source ?? []));
}
