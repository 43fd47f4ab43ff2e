import { type NpyDType, npyHeader } from "../../weights/formats/numpy/header.js";
import { safetensorsFile } from "../../weights/formats/safetensors/write.js";
import type { OutgoingTensor } from "../../weights/formats/tensor-source.js";
import { type FileTransaction, inTransaction } from "../atomic-file.js";
import { refuseOverwriting } from "../refuse-overwriting.js";

export interface SafetensorsOptions {
  readonly metadata?: ReadonlyMap<string, string> | undefined;
  /** Is told how much of all bytes is written, from 0 to 1. */
  readonly onProgress?: ((part: number) => void) | undefined;
}

/**
 * Writes a safetensors file, byte for byte as the reference implementation does. One piece is in memory at a time; the file
 * appears as a whole or not at all. Gives its size.
 *
 * Errors: `InputError` for a file that can't be written, and for names that the format can't hold.
 */
export function writeSafetensors(
  file: string,
  tensors: readonly OutgoingTensor[],
  options: SafetensorsOptions = {},
): Promise<{ readonly bytes: number }> {
  return inTransaction((transaction) => addSafetensors(transaction, file, tensors, options));
}

/** `writeSafetensors` together with other files. */
export async function addSafetensors(
  transaction: FileTransaction,
  file: string,
  tensors: readonly OutgoingTensor[],
  { metadata = new Map(), onProgress }: SafetensorsOptions,
): Promise<{ readonly bytes: number }> {
  const { bytes, writeTo } = safetensorsFile(file, tensors, metadata);
  await writeTo(await transaction.open(file), onProgress);
  return { bytes };
}

/** An array in row-major order. */
export interface NpyArray {
  readonly dtype: NpyDType;
  readonly dims: readonly number[];
  /** Its elements, little-endian. */
  readonly bytes: Uint8Array;
}

/**
 * Writes arrays to .npy files, byte for byte as NumPy does; all of them appear, as a whole, or none.
 *
 * Errors: `InputError` for a file that can't be written.
 */
export async function writeNpy(arrays: ReadonlyMap<string, NpyArray>): Promise<void> {
  refuseOverwriting([...arrays.keys()]);
  await inTransaction(async (transaction) => {
    for (const [file, array] of arrays) await addNpy(transaction, file, array);
  });
}

/** `writeNpy` of one array, together with other files. */
export async function addNpy(
  transaction: FileTransaction,
  file: string,
  { dtype, dims, bytes }: NpyArray,
): Promise<void> {
  const sink = await transaction.open(file);
  await sink.write(npyHeader(dtype, dims));
  await sink.write(bytes);
}
