import { type OpenBeside, rangeOfBytes } from "../../base/bytes.js";
import { type ImportedModel, importModel, refuseForeign } from "../../onnx/decode/import.js";
import type { Sizes } from "../../onnx/file/value-info.js";
import "../system-hash.js";
import { dataBeside, withFiles } from "./read.js";
import { recordExternalFiles } from "./record.js";

/** A model whose numbers lie in files that are open. */
export interface OpenedModel extends ImportedModel {
  /** After this the numbers of its parameters can't be read. */
  close(): void;
}

/**
 * Reads an ONNX file, one op for each node: those that the IR can't say become opaque. The numbers of its tensors stay
 * in the file, and in those with its external data, until they are needed.
 *
 * @param sizes numbers that symbols of the inputs' sizes are taken for; the file itself stays open
 * @param beside opens files with external data otherwise than in the folder of the model
 *
 * Errors: as of `importModel`, and `InputError` for a file that can't be read.
 */
export function openModel(file: string, sizes: Sizes = {}, beside?: OpenBeside): OpenedModel {
  return withFiles(file, (range, openData) => importModel(range, file, beside ?? openData, sizes));
}

/**
 * The same of the bytes of an ONNX file. `file` is its name: in messages, and for the folder where external data lies.
 *
 * Errors: as of `importModel`.
 */
export function importBytes(bytes: Uint8Array, file: string, sizes: Sizes = {}): ImportedModel {
  const range = rangeOfBytes(bytes);
  recordExternalFiles(range, file);
  return importModel(range, file, dataBeside(file), sizes);
}

/**
 * Reads the bytes of an ONNX file whose operators are all ops of the IR.
 *
 * Errors: as of `importModel`, and `InputError` with every node that no op of the IR can say.
 */
export function decodeModel(bytes: Uint8Array, file: string): ImportedModel {
  const model = importBytes(bytes, file);
  refuseForeign(model, file);
  return model;
}
