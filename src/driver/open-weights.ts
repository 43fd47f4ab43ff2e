import { openInitializers } from "../onnx/tensor-source.js";
import { openTensors } from "../weights/open.js";
import type { TensorSource } from "../weights/tensor-source.js";
import { unknownKey } from "../weights/torch/read.js";
import { isOnnx } from "./onnx-path.js";

/**
 * Opens a file or folder of weights in any format that ecagen reads; an ONNX file by its initializers.
 *
 * Errors: `InputError` for what can't be read, is of no known format, or is broken.
 */
export function openWeights(path: string, key?: string): TensorSource {
  if (!isOnnx(path)) return openTensors(path, key);
  if (key !== undefined) throw unknownKey(path, key, []);
  return openInitializers(path);
}
