import type { Diagnostic } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import { quoteName } from "../../base/visible-text.js";
import type { FileDType } from "../formats/file-dtypes.js";
import type { StoredTensor, TensorSource } from "../formats/tensor-source.js";

/** A source that counts, among what is read of it, the numbers that are NaN or infinite in float32. */
export interface WatchedSource extends TensorSource {
  /** How many each tensor has, by its name, of those that it has been read so far; only tensors that have some. */
  readonly nonFinite: ReadonlyMap<string, number>;
}

/**
 * Watches what is read of a source, so that nothing is read for the count alone. Each tensor is read from its beginning on, and an
 * element counts once, however often it is read.
 */
export function watchNumbers(source: TensorSource): WatchedSource {
  const nonFinite = new Map<string, number>();
  const watch = (tensor: StoredTensor): StoredTensor => {
    let counted = 0;
    return {
      ...tensor,
      readInto(target, offset) {
        tensor.readInto(target, offset);
        const end = offset + target.length;
        if (end <= counted) return;
        const found = countNonFinite(target.subarray(Math.max(0, counted - offset)), tensor.dtype);
        counted = end;
        if (found > 0) nonFinite.set(tensor.name, (nonFinite.get(tensor.name) ?? 0) + found);
      },
    };
  };
  const tensors = new Map([...source.tensors].map(([name, tensor]) => [name, watch(tensor)]));
  return { ...source, tensors, nonFinite };
}

/** The bits of the exponent, all of which are set in NaN and the infinities, and in no other number. */
const EXPONENT_BITS: { readonly [D in FileDType]?: number } = { F16: 0x7c00, BF16: 0x7f80, F32: 0x7f800000 };

/** Other types than these have finite numbers only, or none that ecagen can read. */
function countNonFinite(unaligned: Uint8Array, dtype: FileDType): number {
  const bytes = unaligned.byteOffset % 8 === 0 ? unaligned : unaligned.slice();
  let found = 0;
  if (dtype === "F64") {
    for (const x of new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8)) {
      if (!Number.isFinite(Math.fround(x))) found++;
    }
    return found;
  }
  const mask = EXPONENT_BITS[dtype];
  if (mask === undefined) return 0;
  const bits =
    dtype === "F32"
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
      : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  for (let i = 0; i < bits.length; i++) if (((bits[i] as number) & mask) === mask) found++;
  return found;
}

/** Tensors that a warning names. */
const SHOWN = 3;

/** A warning for each file in which such numbers were read; several sources may have the same file open. */
export function nonFiniteWarnings(sources: readonly WatchedSource[]): readonly Diagnostic[] {
  const files = new Map<string, Map<string, number>>();
  for (const { file, tensors, nonFinite } of sources) {
    const found = files.get(file) ?? new Map<string, number>();
    for (const name of tensors.keys()) {
      const numbers = nonFinite.get(name);
      if (numbers !== undefined) found.set(name, numbers);
    }
    if (found.size > 0) files.set(file, found);
  }
  return [...files].map(([file, found]) => {
    const total = [...found.values()].reduce((sum, numbers) => sum + numbers, 0);
    const tensors = [...found].map(([name, numbers]) => `${quoteName(name)} (${count(numbers)})`);
    const more = tensors.length > SHOWN ? ` and ${count(tensors.length - SHOWN)} more` : "";
    return {
      code: "weights/not-finite",
      message: `${total === 1 ? "1 weight is" : `${count(total)} weights are`} NaN or infinite in float32: ${tensors.slice(0, SHOWN).join(", ")}${more}`,
      file,
      hint: "what depends on them is NaN or infinite too; take weights from before the training diverged",
    };
  });
}
