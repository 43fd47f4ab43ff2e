import { writeAtomically } from "../../../files/atomic-file.js";
import { type NpyDType, npyHeader } from "./header.js";

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
  if (arrays.size === 0) return;
  await writeAtomically([...arrays.keys()], async (...sinks) => {
    for (const [i, { dtype, dims, bytes }] of [...arrays.values()].entries()) {
      await sinks[i]?.write(npyHeader(dtype, dims));
      await sinks[i]?.write(bytes);
    }
  });
}
