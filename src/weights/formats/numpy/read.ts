import type { ByteRange, OpenFile } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import { fileName } from "../../../base/source.js";
import { quoteName } from "../../../base/visible-text.js";
import { stridesOf } from "../../../ir/types.js";
import { fileByteCount } from "../file-dtypes.js";
import { LatestBytes } from "../latest.js";
import { columnMajorStrides, stridedTensor } from "../strided.js";
import type { StoredTensor, TensorSource } from "../tensor-source.js";
import { NpyProblem, readNpyHeader } from "./header.js";

/**
 * An .npy file as a source of one tensor, which has the file's name without the ending. Takes the file over.
 *
 * Errors: `InputError` for a broken file, and for elements that are no numbers.
 */
export function readNpy(file: OpenFile): TensorSource {
  try {
    const tensor = npyTensor(fileName(file.file, ".npy"), file, new LatestBytes());
    return {
      file: file.file,
      format: "npy",
      tensors: new Map([[tensor.name, tensor]]),
      metadata: new Map(),
      close: () => file.close(),
    };
  } catch (error) {
    file.close();
    if (!(error instanceof NpyProblem)) throw error;
    throw npyRefused(file.file, error.message);
  }
}

/**
 * The arrays of an .npz archive, a zip of .npy files, under their names without the ending.
 *
 * Errors: `InputError` with every array that can't be read.
 */
export function npzTensors(
  file: string,
  archive: ReadonlyMap<string, ByteRange>,
  latest: LatestBytes,
): ReadonlyMap<string, StoredTensor> {
  const tensors = new Map<string, StoredTensor>();
  const problems: string[] = [];
  for (const [path, content] of archive) {
    const name = path.replace(/\.npy$/, "");
    try {
      if (name === path) throw new NpyProblem("it is no .npy file");
      tensors.set(name, npyTensor(name, content, latest));
    } catch (error) {
      if (!(error instanceof NpyProblem)) throw error;
      problems.push(`${quoteName(path)}: ${error.message}`);
    }
  }
  if (problems.length === 0) return tensors;
  const hint = 'write it again: np.savez("weights.npz", **{name: x.numpy() for name, x in state.items()})';
  throw InputError.ofFile("weights/npz", file, " is no .npz file that can be read", problems, hint);
}

/** The tensor of an .npy file. Throws `NpyProblem`. */
function npyTensor(name: string, file: ByteRange, latest: LatestBytes): StoredTensor {
  const { header, dataStart } = readNpyHeader(file);
  const { dtype, dims, fortranOrder } = header;
  const byteLength = fileByteCount(dims, dtype);
  const found = file.size - dataStart;
  if (byteLength !== found) {
    const expected = byteLength === undefined ? "more than 2^53 bits" : `${byteLength} bytes`;
    throw new NpyProblem(`${dtype} of [${dims.join(", ")}] has ${expected}, ${found} follow the header`);
  }
  const strides = fortranOrder ? columnMajorStrides(dims) : stridesOf(dims);
  return stridedTensor({ name, dtype, dims, byteLength, strides }, file, dataStart, latest);
}

function npyRefused(file: string, problem: string): InputError {
  return InputError.of("weights/npy", `${file} is not a readable .npy file: ${problem}`, {
    file,
    hint: 'write it again: np.save("x.npy", np.ascontiguousarray(x, dtype="<f4"))',
  });
}
