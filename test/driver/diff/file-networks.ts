import { importAssumed } from "../../../src/given/onnx-file.js";
import type { Graph } from "../../../src/ir/graph.js";
import { encode, lower } from "../../../src/networks/export.js";
import { networkOfFile } from "../../../src/networks/file-network.js";
import type { SpecNetwork } from "../../../src/networks/spec-network.js";
import { modelBytes } from "../../../src/onnx/encode/bytes.js";
import { encodeModel } from "../../../src/onnx/encode/export.js";
import { OPSETS } from "../../../src/onnx/file/opset.js";
import type { diffModels } from "../../../src/reports/diff/diff-models.js";

/** One side of a comparison: a network and the name of its file. */
export type Side = Parameters<typeof diffModels>[0];

/** The network of the ONNX file that a spec's becomes, with its BatchNorms. */
export function fileOfSpec(network: SpecNetwork, name: string): Side {
  const { graph } = lower(network, { keepBatchNorm: true });
  return fileOfBytes(modelBytes(encode(network, graph, { version: "0" }), { seed: 0 }), name);
}

/** The network of the ONNX file that a graph of primitives becomes. */
export function fileOfGraph(graph: Graph, name: string, opset: number = OPSETS.default): Side {
  return fileOfBytes(modelBytes(encodeModel(graph, { opset, producerVersion: "0" }), { seed: 0 }), name);
}

function fileOfBytes(bytes: Uint8Array, name: string): Side {
  return [name, { kind: "onnx", ...networkOfFile(name, importAssumed(bytes, name)) }];
}
