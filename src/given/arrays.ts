import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { RandomAccessFile } from "../files/random-access-file.js";
import { openTensors } from "../files/tensors/open.js";
import type { Port, WireTensor } from "../runtime/protocol.js";
import { isWireDType, wireOf } from "../runtime/tensor.js";
import { isNpy } from "../weights/formats/numpy/header.js";
import type { StoredTensor, TensorSource } from "../weights/formats/tensor-source.js";
import { FILE_TYPES } from "./element-types.js";

/** Whether a file holds arrays, by its first bytes: one, or an archive of some. Errors: `InputError` where it can't be read. */
export function holdsArrays(path: string): "npy" | "npz" | undefined {
  const file = RandomAccessFile.open(path);
  try {
    const start = file.read(0, Math.min(file.size, 6));
    if (isNpy(start)) return "npy";
    return Buffer.from(start.subarray(0, 2)).toString("latin1") === "PK" ? "npz" : undefined;
  } finally {
    file.close();
  }
}

/** Does something with the arrays of an .npy or .npz file. Errors: `InputError` for a broken one. */
export function withArrays<T>(file: string, use: (source: TensorSource) => T): T {
  const source = openTensors(file);
  try {
    return use(source);
  } finally {
    source.close();
  }
}

/**
 * The array of an .npy or .npz file for an input. An archive's array has the input's name, or is its only one.
 *
 * Errors: `InputError` for a broken file, and for another type or shape than the model's.
 */
export function readArray(file: string, port: Port): WireTensor {
  return withArrays(file, ({ tensors }) => {
    const tensor = tensors.get(port.name) ?? (tensors.size === 1 ? [...tensors.values()][0] : undefined);
    if (tensor === undefined) {
      throw InputError.of("run/no-array", `${file} has no array ${port.name}`, {
        file,
        hint: `it has ${[...tensors.keys()].join(", ") || "none"}; np.savez("x.npz", ${port.name}=x)`,
      });
    }
    const dtype = isWireDType(port.dtype) ? port.dtype : "float32";
    checkType(file, tensor, { ...port, dtype });
    const memory = new ArrayBuffer(tensor.byteLength);
    tensor.readInto(new Uint8Array(memory), 0);
    return wireOf(dtype, tensor.dims, memory);
  });
}

function checkType(
  file: string,
  { dtype, dims }: StoredTensor,
  port: Port & { readonly dtype: keyof typeof FILE_TYPES },
): void {
  const wanted = FILE_TYPES[port.dtype];
  const diagnostics: Diagnostic[] = [];
  if (dtype !== wanted) {
    diagnostics.push({
      code: "run/dtype",
      message: `${file} has elements of ${dtype}, the model's input ${port.name} takes ${wanted}`,
      file,
      hint: `np.save("x.npy", x.astype("${port.dtype}"))`,
    });
  }
  const problem = shapeProblem(dims, port.dims);
  if (problem !== undefined) {
    diagnostics.push({
      code: "run/shape",
      message: `${file} has the shape [${dims.join(", ")}], the model's input ${port.name} takes [${port.dims.join(", ")}]`,
      file,
      hint: problem,
    });
  }
  if (diagnostics.length > 0) throw new InputError(diagnostics);
}

/** What to do about a shape that isn't the model's; undefined where it is. */
export function shapeProblem(
  dims: readonly number[],
  wanted: readonly (number | string)[],
): string | undefined {
  if (fits(dims, wanted)) return undefined;
  if (fits([1, ...dims], wanted)) return "the batch is missing: x[None]";
  const transposed = channelsLast(dims, wanted);
  if (transposed !== undefined) return transposed;
  const [batch] = wanted;
  if (typeof batch === "number" && fits([batch, ...dims.slice(1)], wanted)) {
    return "the model is made for this batch alone; `ecagen compile` without --batch makes one for any";
  }
  return dims.includes(0) ? "there must be an element" : "an open size has a name; the others must be equal";
}

/** What to do about an array whose channels come last, and not where they are wanted; undefined for others. */
export function channelsLast(
  dims: readonly number[],
  wanted: readonly (number | string)[],
): string | undefined {
  if (fits(channelsFirst([1, ...dims]), wanted)) return "the channels come first: x.transpose(2, 0, 1)[None]";
  return fits(channelsFirst(dims), wanted)
    ? "the channels come after the batch: x.transpose(0, 3, 1, 2)"
    : undefined;
}

/** [batch, height, width, channels] as [batch, channels, height, width] */
function channelsFirst(dims: readonly number[]): readonly number[] {
  return [...dims.slice(0, 1), ...dims.slice(-1), ...dims.slice(1, -1)];
}

/** Whether an array has the sizes that are wanted, any where these are symbols. */
export function fits(dims: readonly number[], wanted: readonly (number | string)[]): boolean {
  return (
    dims.length === wanted.length &&
    dims.every((dim, i) => dim > 0 && (typeof wanted[i] === "string" || wanted[i] === dim))
  );
}
