import { basename } from "node:path";
import type { ByteRange } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import type { RandomAccessFile } from "../../../files/random-access-file.js";
import { fileByteCount } from "../file-dtypes.js";
import { LatestBytes } from "../latest-bytes.js";
import { columnMajorStrides, rowMajorStrides } from "../strided.js";
import { stridedTensor } from "../strided-tensor.js";
import type { StoredTensor, TensorSource } from "../tensor-source.js";
import { NpyProblem, readNpyHeader } from "./header.js";

/**
 * An .npy file as a source of one tensor, which has the file's name without the ending. Takes the file over.
 *
 * Errors: `InputError` for a broken file, and for elements that are no numbers.
 */
export function readNpy(file: RandomAccessFile): TensorSource {
  try {
    const tensor = npyTensor(basename(file.file).replace(/\.npy$/, ""), file, new LatestBytes());
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

/** The tensor of an .npy file. Throws `NpyProblem`. */
export function npyTensor(name: string, file: ByteRange, latest: LatestBytes): StoredTensor {
  const { header, dataStart } = readNpyHeader(file);
  const { dtype, dims, fortranOrder } = header;
  const byteLength = fileByteCount(dims, dtype);
  const found = file.size - dataStart;
  if (byteLength !== found) {
    const expected = byteLength === undefined ? "more than 2^53 bits" : `${byteLength} bytes`;
    throw new NpyProblem(`${dtype} of [${dims.join(", ")}] has ${expected}, ${found} follow the header`);
  }
  const strides = fortranOrder ? columnMajorStrides(dims) : rowMajorStrides(dims);
  return stridedTensor({ name, dtype, dims, byteLength, strides }, file, dataStart, latest);
}

export function npyRefused(file: string, problem: string): InputError {
  return InputError.of("weights/npy", `${file} is no .npy file that can be read: ${problem}`, {
    file,
    hint: 'write it again: np.save("x.npy", np.ascontiguousarray(x, dtype="<f4"))',
  });
}
