import { openInitializers } from "../onnx/tensor-source.js";
import { openTensors } from "../weights/open.js";
import type { TensorSource } from "../weights/tensor-source.js";

/**
 * Opens a file or folder of weights in any format that ecagen reads; an ONNX file by its initializers.
 *
 * Errors: `InputError` for what can't be read, is of no known format, or is broken.
 */
export function openWeights(path: string): TensorSource {
  return path.endsWith(".onnx") ? openInitializers(path) : openTensors(path);
}
