import type { TensorSource } from "../formats/tensor-source.js";

/** What helps where an ONNX file lacks the statistics of its normalisations; undefined for any other file. */
export function foldedHint({ format, tensors }: TensorSource): string | undefined {
  if (format !== "onnx" || [...tensors.keys()].some((name) => name.endsWith(".running_mean")))
    return undefined;
  return "its batch normalisations are folded into the convolutions; a file compiled with --keep-bn has them";
}
