import { openTensors } from "../weights/open.js";
import type { TensorSource } from "../weights/tensor-source.js";

/**
 * Opens a file or folder of weights in any format that ecagen reads.
 *
 * Errors: `InputError` for what can't be read, is of no known format, or is broken.
 */
export function openWeights(path: string): TensorSource {
  return openTensors(path);
}
