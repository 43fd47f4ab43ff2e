import { packageVersion } from "../files/package.js";
import type { Graph } from "../ir/graph.js";
import { type ExportOptions, encode, lower } from "../networks/export.js";
import type { SpecNetwork } from "../networks/spec-network.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import type { HalfRounding } from "../weights/values/half.js";

/**
 * A spec's network as the bytes of the ONNX file that `compile` writes of it. `rounding` is told what half precision does;
 * `graph` is the network as it is lowered with these options.
 */
export function exportBytes(
  network: SpecNetwork,
  options: ExportOptions = {},
  rounding?: HalfRounding,
  graph: Graph = lower(network, options).graph,
): Uint8Array {
  const model = encode(network, graph, { ...options, version: packageVersion() });
  return modelBytes(model, { seed: options.seed ?? 0, rounding });
}
