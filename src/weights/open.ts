import { InputError } from "../base/diagnostic.js";
import { RandomAccessFile } from "../base/random-access-file.js";
import { readSafetensors } from "./safetensors/read.js";
import type { TensorSource } from "./tensor-source.js";

/**
 * Opens a file of tensors, whose format is recognised by its content. ONNX files are opened by `openWeights` of
 * the driver.
 *
 * Errors: `InputError` for a file that can't be read, is of no known format, or is broken.
 */
export function openTensors(path: string): TensorSource {
  const file = RandomAccessFile.open(path);
  if (file.size >= 9 && file.read(8, 1)[0] === "{".charCodeAt(0)) return readSafetensors(file);
  file.close();
  throw InputError.of("weights/unknown-format", `${path} is no file of weights that ecagen knows`, {
    file: path,
    hint: "known formats: safetensors",
  });
}
