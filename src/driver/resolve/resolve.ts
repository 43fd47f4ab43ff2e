import { loadSpec } from "../../files/spec-files.js";
import { notASpec } from "../../given/spec-file.js";
import type { ResolvedSpec } from "../../language/resolved.js";
import { isOnnx } from "../../onnx/file/names.js";

/** A spec with everything said. Errors: `InputError` for a wrong spec, and for an ONNX file. */
export function resolve(file: string): ResolvedSpec {
  if (isOnnx(file)) throw notASpec(file);
  return loadSpec(file).resolved;
}
