import { type FileNetwork, fileNetwork } from "./file-network.js";
import { type NetworkOptions, type SpecNetwork, specNetwork } from "./network.js";
import { isOnnx } from "./onnx-path.js";

/** A network that a command is given: of a spec, or of an ONNX file. Both have their `graph` at model level. */
export type Model = ({ readonly kind: "spec" } & SpecNetwork) | ({ readonly kind: "onnx" } & FileNetwork);

/** Reads what a user names. Errors: `InputError` for a wrong spec or file, and for options that don't fit it. */
export function loadModel(file: string, options: NetworkOptions = {}): Model {
  return isOnnx(file)
    ? { kind: "onnx", ...fileNetwork(file, options) }
    : { kind: "spec", ...specNetwork(file, options) };
}
