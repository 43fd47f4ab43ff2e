import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import { openTensors } from "../../files/tensors/open.js";
import type { Port } from "../../runtime/protocol.js";
import type { FloatTensor } from "../../runtime/session.js";
import type { FileDType } from "../../weights/formats/file-dtypes.js";
import { exactNumbers, type StoredTensor } from "../../weights/formats/tensor-source.js";

/** The element types that an input can have: what the file must have, and how NumPy makes it. */
const INPUT_DTYPES: Readonly<Record<string, { readonly file: FileDType; readonly numpy: string }>> = {
  float32: { file: "F32", numpy: "float32" },
  float16: { file: "F16", numpy: "float16" },
};

/**
 * The array of an .npy or .npz file for an input. An archive's array has the input's name, or is its only one.
 *
 * Errors: `InputError` for a broken file, and for another type or shape than the model's.
 */
export function readArray(file: string, port: Port): FloatTensor {
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
    checkType(file, tensor, port);
    const numbers = exactNumbers(tensor, file);
    const data = new Float64Array(numbers.length);
    numbers.copyTo(data, 0);
    return { dims: tensor.dims, data: Float32Array.from(data) };
  } finally {
    source.close();
  }
}

function checkType(file: string, { dtype, dims }: StoredTensor, port: Port): void {
  const wanted = INPUT_DTYPES[port.dtype];
  if (wanted === undefined) {
    throw InputError.of("run/dtype", `the input ${port.name} is ${port.dtype}, which ecagen can't give`, {
      hint: `it gives ${Object.keys(INPUT_DTYPES).join(" and ")}`,
    });
  }
  const diagnostics: Diagnostic[] = [];
  if (dtype !== wanted.file) {
    diagnostics.push({
      code: "run/dtype",
      message: `${file} has elements of ${dtype}, the model's input ${port.name} takes ${wanted.file}`,
      file,
      hint: `np.save("x.npy", x.astype("${wanted.numpy}"))`,
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
