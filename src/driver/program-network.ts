import { InputError } from "../base/diagnostic.js";
import { readBytes } from "../base/read-file.js";
import { decodeModel } from "../onnx/import.js";
import { networkOf, refuseResolution } from "./file-network.js";
import { type NetworkOptions, type SpecNetwork, specNetwork } from "./network.js";
import { isOnnx } from "./onnx-path.js";
import { recoveredNetwork } from "./recovered/recovered-network.js";

/**
 * The network that a program is generated of: of a spec, or the one that an ONNX file is proved to be, with the file's
 * weights.
 *
 * Errors: `InputError` for a wrong spec, for a file whose network no spec says, and for options that it has no use for.
 */
export function programNetwork(file: string, options: NetworkOptions): SpecNetwork {
  if (!isOnnx(file)) return specNetwork(file, options);
  if (options.given !== undefined) {
    throw InputError.of("codegen/flag", `--weights is about specs; ${file} has its own`);
  }
  refuseResolution(file, options);
  return recoveredNetwork(networkOf(file, decodeModel(readBytes(file), file)), options.passes);
}
