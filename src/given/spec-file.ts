import { InputError } from "../base/diagnostic.js";
import { loadSpec } from "../files/spec-files.js";
import { type NetworkOptions, networkOfSpec, type SpecNetwork } from "../networks/spec-network.js";
import { isOnnx } from "../onnx/file/names.js";
import { passesOfFlag } from "../passes/engine/pipeline.js";
import { refuseUnusedFlags } from "./unused-flags.js";

/** Reads a spec and gives its network at model level. Every problem with the spec is an `InputError`. */
export function specNetwork(file: string, options: NetworkOptions = {}): SpecNetwork {
  const extra = passesOfFlag("--passes", options.passes);
  if (isOnnx(file)) throw notASpec(file);
  refuseUnusedFlags({ "a spec has its sizes": true }, options, { model: file });
  return networkOfSpec(loadSpec(file, options.changes), extra, options);
}

/** Errors of commands that have no use for an ONNX file. */
export function notASpec(file: string): InputError {
  return InputError.of("spec/onnx", `${file} is an ONNX file, and this reads specs`, {
    file,
    hint: `ecagen inspect ${file} shows its network, ecagen rewrite ${file} runs passes on it`,
  });
}
