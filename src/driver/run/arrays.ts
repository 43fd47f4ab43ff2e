import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { openTensors } from "../../files/tensors/open.js";
import type { Port, WireTensor } from "../../runtime/protocol.js";
import { isWireDType, wireOf } from "../../runtime/tensor.js";
import type { StoredTensor } from "../../weights/formats/tensor-source.js";
import { FILE_TYPES } from "./element-types.js";

/**
 * The array of an .npy or .npz file for an input. An archive's array has the input's name, or is its only one.
 *
 * Errors: `InputError` for a broken file, and for another type or shape than the model's.
 */
export function readArray(file: string, port: Port): WireTensor {
  const source = openTensors(file);
  try {
    const tensor =
      source.tensors.get(port.name) ??
      (source.tensors.size === 1 ? [...source.tensors.values()][0] : undefined);
    if (tensor === undefined) {
      throw InputError.of("run/no-array", `${file} has no array ${port.name}`, {
        file,
        hint: `it has ${[...source.tensors.keys()].join(", ") || "none"}; np.savez("x.npz", ${port.name}=x)`,
      });
    }
    const dtype = isWireDType(port.dtype) ? port.dtype : "float32";
    checkType(file, tensor, { ...port, dtype });
    const memory = new ArrayBuffer(tensor.byteLength);
    tensor.readInto(new Uint8Array(memory), 0);
    return wireOf(dtype, tensor.dims, memory);
  } finally {
    source.close();
  }
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
  if (fits(channelsFirst([1, ...dims]), wanted)) return "the channels come first: x.transpose(2, 0, 1)[None]";
  if (fits(channelsFirst(dims), wanted)) {
    return "the channels come after the batch: x.transpose(0, 3, 1, 2)";
  }
  const [batch] = wanted;
  if (typeof batch === "number" && fits([batch, ...dims.slice(1)], wanted)) {
    return "the model is made for this batch alone; `ecagen compile` without --batch makes one for any";
  }
  return dims.includes(0) ? "there must be an element" : "an open size has a name; the others must be equal";
}

/** [batch, height, width, channels] as [batch, channels, height, width] */
function channelsFirst(dims: readonly number[]): readonly number[] {
  return [...dims.slice(0, 1), ...dims.slice(-1), ...dims.slice(1, -1)];
}

function fits(dims: readonly number[], wanted: readonly (number | string)[]): boolean {
  return (
    dims.length === wanted.length &&
    dims.every((dim, i) => dim > 0 && (typeof wanted[i] === "string" || wanted[i] === dim))
  );
}
