import type { OpenBeside } from "../base/bytes.js";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { importBytes, type OpenedModel, openModel } from "../files/models/open.js";
import { type AssumedModel, type FileNetwork, networkOfFile } from "../networks/file-network.js";
import { type SizeOptions, type TakenSizes, takenSizes } from "../networks/input-sizes.js";
import type { NetworkOptions } from "../networks/spec-network.js";
import type { ImportedModel } from "../onnx/decode/import.js";
import type { Sizes } from "../onnx/file/value-info.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** How the open sizes of a file are taken. */
export interface AssumedOptions extends SizeOptions {
  /** Numbers for symbols that the written file gets as well, as a fixed batch. */
  readonly fixed?: Sizes | undefined;
  /** Which sizes are assumed if none is given. Default: all but the batch. */
  readonly only?: "maps" | "all" | undefined;
  /** Opens files with external data otherwise than in the folder of the model. */
  readonly beside?: OpenBeside | undefined;
}

/**
 * Reads an ONNX file with numbers for the sizes that it leaves open, because convolutions of maps without sizes
 * have no types. The batch stays open, unless it is given. Errors: as those of `openModel` and `takenSizes`, and for a resolution
 * of a file that leaves no height and width open.
 */
export function openAssumed(file: string, options: AssumedOptions = {}): AssumedModel & OpenedModel {
  return assume(
    (sizes) => openModel(file, sizes, options.beside),
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
    const taken = takenSizes(inputs, file, options, only);
    if (!taken.usesResolution) refuseUnusedFlags({ "a file has its size": true }, options, { model: file });
    if (Object.keys(taken.sizes).length === 0) return { ...imported, declared };
    const { model, sizes, notes } = readAt(taken, (sizes) => read({ ...fixed, ...sizes }));
    close(imported);
    const given = Object.keys(sizes).length === 0 ? {} : { taken: sizes };
    return { ...model, declared, ...given, notes: [...model.notes, ...notes] };
  } catch (error) {
    close(imported);
    throw error;
  }
}

/** A file with numbers for its sizes, or, where it is no network at the assumed ones, with the given ones alone. */
function readAt<M>({ sizes, assumed, notes }: TakenSizes, read: (sizes: Sizes) => M) {
  try {
    return { model: read(sizes), sizes, notes };
  } catch (error) {
    if (!(error instanceof InputError) || assumed.length === 0) throw error;
    const given = Object.fromEntries(Object.entries(sizes).filter(([symbol]) => !assumed.includes(symbol)));
    const model = read(given);
    const tried = assumed.map((symbol) => `${symbol} = ${sizes[symbol]}`).join(", ");
    const message = `open sizes of its inputs stay open: with ${tried}, ${error.diagnostics[0]?.message}`;
    const stay: Diagnostic = { ...notes[0], code: "onnx/open-size", message };
    return { model, sizes: given, notes: [stay] };
  }
}

type FileOptions = Pick<NetworkOptions, "passes" | "resolution" | "inputShapes"> &
  Pick<AssumedOptions, "beside">;

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
