import { packageVersion } from "../files/package.js";
import { type ExportOptions, encode, lower } from "../networks/export.js";
import type { SpecNetwork } from "../networks/spec-network.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import type { HalfRounding } from "../weights/values/half.js";

/** A spec's network as the bytes of the ONNX file that `compile` writes of it. `rounding` is told what half precision does. */
export function exportBytes(
  network: SpecNetwork,
  options: ExportOptions = {},
  rounding?: HalfRounding,
): Uint8Array {
  const { graph } = lower(network, options);
  const model = encode(network, graph, { ...options, version: packageVersion() });
  return modelBytes(model, { seed: options.seed ?? 0, rounding });
}
