import type { FileNetwork } from "../networks/file-network.js";
import type { NetworkOptions, SpecNetwork } from "../networks/spec-network.js";
import { isOnnx } from "../onnx/file/names.js";
import { withFileNetwork } from "./onnx-file.js";
import { specNetwork } from "./spec-file.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** A network that a command is given: of a spec, or of an ONNX file. Both have their `graph` at model level. */
export type Model = ({ readonly kind: "spec" } & SpecNetwork) | ({ readonly kind: "onnx" } & FileNetwork);

/**
 * Does something with what a user names. The numbers of an ONNX file can be read until it is done.
 *
 * Errors: `InputError` for a wrong spec or file, and for options that don't fit it.
 */
export function withModel<T>(file: string, options: NetworkOptions, act: (model: Model) => T): T {
  refuseUnusedFlags({ "a file is no spec": isOnnx(file) }, options, { model: file });
  return isOnnx(file)
    ? withFileNetwork(file, options, (network) => act({ kind: "onnx", ...network }))
    : act({ kind: "spec", ...specNetwork(file, options) });
}
