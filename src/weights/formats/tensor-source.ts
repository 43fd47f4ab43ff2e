import { type ByteRange, piecesOfRange } from "../../base/bytes.js";
import { InputError } from "../../base/diagnostic.js";
import { elementCount } from "../../ir/types.js";
import type { LentNumbers } from "../../ir/weight.js";
import { PIECE_ELEMENTS } from "../values/elements.js";
import { elementReader, FILE_DTYPE_NAMES, FILE_DTYPES, type FileDType, hasNumbers } from "./file-dtypes.js";

/** A tensor that lies in a file. Its sizes are checked; its bytes are read when they are asked for. */
export interface StoredTensor {
  readonly name: string;
  readonly dtype: FileDType;
  readonly dims: readonly number[];
  readonly byteLength: number;
  /**
   * Fills `target` with its bytes from `offset` on: little-endian, row-major, whatever the file's own order.
   * Errors: `InputError` where the file can't be read any more.
   */
  readInto(target: Uint8Array, offset: number): void;
}

export type TensorFormat = "safetensors" | "safetensors-index" | "npy" | "npz" | "torch" | "onnx";

/** An open file, or folder, of tensors. */
export interface TensorSource {
  /** What the user named. */
  readonly file: string;
  readonly format: TensorFormat;
  /** By name, in the order of the file. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The metadata of the file. */
  readonly metadata: ReadonlyMap<string, string>;
  /** Notes on how the file was read. */
  readonly notes?: readonly string[];
  /** After this its tensors can't be read. */
  close(): void;
}

/** A tensor on its way to a file: its bytes, little-endian and row-major, are made when it is written. */
export interface OutgoingTensor extends Pick<StoredTensor, "name" | "dtype" | "dims"> {
  /** Each piece is valid until the next one is asked for. */
  pieces(): Iterable<Uint8Array>;
}

const COPIED_BYTES = 1 << 18;

/** A tensor of a file on its way into another one, byte for byte, under its own name or a new one. */
export function copyTensor(tensor: StoredTensor, name = tensor.name): OutgoingTensor {
  const { dtype, dims } = tensor;
  return { name, dtype, dims, pieces: () => piecesOfRange(rangeOfTensor(tensor), COPIED_BYTES) };
}

/** The bytes of a tensor as a range. */
export function rangeOfTensor(tensor: StoredTensor): ByteRange {
  return { size: tensor.byteLength, readInto: (target, offset) => tensor.readInto(target, offset) };
}

/** Of elements of at most 8 bytes. One for all tensors, because each `copyTo` is done with it when it returns. */
const scratch = new Uint8Array(PIECE_ELEMENTS * 8);
const scratchView = new DataView(scratch.buffer);
const scratchFloats = new Float32Array(scratch.buffer);

/**
 * The numbers of a tensor as they stand in the file, in float64; only integers beyond 2^53 are rounded. They are
 * read piece by piece as they are needed, which must be before the source is closed.
 *
 * Errors: `InputError` for an element type that has no numbers in ecagen.
 */
export function exactNumbers(tensor: StoredTensor, file: string): LentNumbers {
  const at = elementReader(tensor.dtype);
  if (at === undefined) throw unreadableElements(tensor, file);
  const elementBytes = FILE_DTYPES[tensor.dtype].bits / 8;
  return {
    length: elementCount(tensor.dims),
    copyTo(target, start) {
      for (let done = 0; done < target.length; ) {
        const count = Math.min(PIECE_ELEMENTS, target.length - done);
        tensor.readInto(scratch.subarray(0, count * elementBytes), (start + done) * elementBytes);
        // The files' numbers are little-endian, and so are those of every platform that ONNX Runtime is built for.
        if (tensor.dtype === "F32") target.set(scratchFloats.subarray(0, count), done);
        else for (let i = 0; i < count; i++) target[done + i] = at(scratchView, i);
        done += count;
      }
    },
  };
}

/** Element types whose numbers are not all float32 numbers. */
const WIDER_THAN_FLOAT32: readonly FileDType[] = ["F64", "I32", "U32", "I64", "U64"];

/** The numbers of a tensor for a stored weight: as `exactNumbers`, but rounded to float32. */
export function lendNumbers(tensor: StoredTensor, file: string): LentNumbers {
  const exact = exactNumbers(tensor, file);
  if (!WIDER_THAN_FLOAT32.includes(tensor.dtype)) return exact;
  return {
    length: exact.length,
    copyTo(target, start) {
      exact.copyTo(target, start);
      for (let i = 0; i < target.length; i++) target[i] = Math.fround(target[i] as number);
    },
  };
}

/** The names of the floating-point tensors whose numbers are rounded on their way into a model. */
export function roundedNames(tensors: Iterable<StoredTensor>): readonly string[] {
  return [...tensors].filter(({ dtype }) => dtype === "F64").map(({ name }) => name);
}

function unreadableElements({ name, dtype }: StoredTensor, file: string): InputError {
  const readable = FILE_DTYPE_NAMES.filter(hasNumbers);
  return InputError.of(
    "weights/dtype",
    `"${name}" has elements of ${dtype}, which have no float32 numbers here`,
    {
      file,
      hint: `convert it first; these can be read: ${readable.join(", ")}`,
    },
  );
}
