import { loadSpec } from "../spec/load.js";
import type { ResolvedSpec } from "../spec/resolved.js";
import { notASpec } from "./network.js";
import { isOnnx } from "./onnx-path.js";

/** A spec with everything said. Errors: `InputError` for a wrong spec, and for an ONNX file. */
export function resolve(file: string): ResolvedSpec {
  if (isOnnx(file)) throw notASpec(file);
  return loadSpec(file).resolved;
}
