import { openTensors } from "../files/tensors/open.js";
import { openInitializers } from "../onnx/file/tensor-source.js";
import { unknownKey } from "../weights/formats/torch/read.js";
import { type WatchedSource, watchNumbers } from "../weights/values/non-finite.js";
import { isOnnx } from "./onnx-path.js";

/**
 * Opens a file or folder of weights in any format that ecagen reads; an ONNX file by its initializers.
 *
 * Errors: `InputError` for what can't be read, is of no known format, or is broken.
 */
export function openWeights(path: string, key?: string): WatchedSource {
  if (!isOnnx(path)) return watchNumbers(openTensors(path, key));
  if (key !== undefined) throw unknownKey(path, key, []);
  return watchNumbers(openInitializers(path));
}
