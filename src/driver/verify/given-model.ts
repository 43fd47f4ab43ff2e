import { InputError } from "../../base/diagnostic.js";
import { readBytes } from "../../files/read-file.js";
import { isOnnx } from "../../onnx/file/names.js";

/** An ONNX file that a user named. */
export interface GivenModel {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** The file of `--against`, undefined for `reference` and `cpu`. Errors: `InputError` for what is no ONNX file. */
export function againstFile(against: string): GivenModel | undefined {
  if (against === "reference" || against === "cpu") return undefined;
  if (!isOnnx(against)) {
    throw InputError.of("verify/against", `--against takes reference, cpu or an ONNX file, got ${against}`, {
      hint: "an ONNX file's name ends in .onnx",
    });
  }
  return { path: against, bytes: readBytes(against) };
}
