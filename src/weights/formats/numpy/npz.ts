import type { ByteRange } from "../../../base/bytes.js";
import { InputError } from "../../../base/diagnostic.js";
import type { LatestBytes } from "../latest-bytes.js";
import { quoteName } from "../tensor-name.js";
import type { StoredTensor } from "../tensor-source.js";
import { NpyProblem } from "./header.js";
import { npyTensor } from "./read.js";

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
  throw new InputError(
    problems.slice(0, 20).map((problem) => ({
      code: "weights/npz",
      message: `${file} is no .npz file that can be read: ${problem}`,
      file,
      hint: 'write it again: np.savez("weights.npz", **{name: x.numpy() for name, x in state.items()})',
    })),
  );
}
