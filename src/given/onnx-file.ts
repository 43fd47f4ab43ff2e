import { importBytes, type OpenedModel, openModel } from "../files/models/open.js";
import { type AssumedModel, type FileNetwork, networkOfFile } from "../networks/file-network.js";
import { type SizeOptions, takenSizes } from "../networks/input-sizes.js";
import type { NetworkOptions } from "../networks/spec-network.js";
import type { ImportedModel } from "../onnx/decode/import.js";
import type { Sizes } from "../onnx/file/value-info.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** How the open sizes of a file are taken. */
export interface AssumedOptions extends SizeOptions {
  /** Numbers for symbols that the written file gets as well, as a fixed batch. */
  readonly fixed?: Sizes | undefined;
  /** Which sizes are assumed that nobody gives. Default: all but the batch. */
  readonly only?: "maps" | "all" | undefined;
}

/**
 * Reads an ONNX file with numbers for the sizes that it leaves open, because convolutions of maps without sizes
 * have no types. The batch stays open, unless it is given. Errors: as those of `openModel` and `takenSizes`, and for a resolution
 * of a file that leaves no height and width open.
 */
export function openAssumed(file: string, options: AssumedOptions = {}): AssumedModel & OpenedModel {
  return assume(
    (sizes) => openModel(file, sizes),
    file,
    options,
    (model) => model.close(),
  );
}

/** The same of the bytes of a file. */
export function importAssumed(bytes: Uint8Array, file: string, options: AssumedOptions = {}): AssumedModel {
  return assume((sizes) => importBytes(bytes, file, sizes), file, options);
}

function assume<M extends ImportedModel>(
  read: (sizes: Sizes) => M,
  file: string,
  options: AssumedOptions,
  close: (model: M) => void = () => {},
): M & AssumedModel {
  const { fixed = {}, only } = options;
  const imported = read(fixed);
  const { graph: declared } = imported;
  try {
    const inputs = declared.inputs.map(({ name, type: { dims } }) => ({ name, dims }));
    const { sizes, notes, usesResolution } = takenSizes(inputs, file, options, only);
    if (!usesResolution) refuseUnusedFlags({ "a file has its size": true }, options, { model: file });
    if (Object.keys(sizes).length === 0) return { ...imported, declared };
    const assumed = read({ ...fixed, ...sizes });
    close(imported);
    return { ...assumed, declared, taken: sizes, notes: [...assumed.notes, ...notes] };
  } catch (error) {
    close(imported);
    throw error;
  }
}

type FileOptions = Pick<NetworkOptions, "passes" | "resolution" | "inputShapes">;

/**
 * Reads an ONNX file, finds its structure, and does something with it; its numbers can be read until that is done.
 *
 * Errors: `InputError` for a file that is no model, and for options that only specs have a use for.
 */
export function withFileNetwork<T>(file: string, options: FileOptions, act: (network: FileNetwork) => T): T {
  const imported = openAssumed(file, options);
  try {
    return act(networkOfFile(file, imported, options));
  } finally {
    imported.close();
  }
}
