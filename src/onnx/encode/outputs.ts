import { innermostScope } from "../../ir/graph.js";
import { type GivenBytes, heldTensor } from "../decode/initializers.js";
import { parseModel } from "../file/document.js";
import {
  type ModelMessage,
  ModelProto,
  type NodeMessage,
  type TensorMessage,
  TensorProto,
  tensorHeader,
  type ValueInfoMessage,
} from "../file/proto.js";
import { isExternal } from "../file/tensors.js";

/** A model with the tensors that leave its blocks among its outputs. */
export interface InstrumentedModel {
  readonly bytes: Uint8Array;
  /** The tensor that leaves each block, by the block's scope; a block that the nodes' names don't show is missing. */
  readonly tensors: ReadonlyMap<string, string>;
}

/**
 * Makes the tensor that leaves each block an output of the model. A node belongs to the block whose scope begins
 * its name, and what leaves the block is the last tensor of its nodes that something else reads. The result is
 * one file, also where the given one has external data.
 *
 * Errors: `InputError` for bytes that are no ONNX model, and for data that is missing.
 */
export function withBlockOutputs(given: GivenBytes, scopes: readonly string[]): InstrumentedModel {
  const model = parseModel(given.bytes, given.file);
  const tensors = blockTensors(model, scopes);
  const { graph } = model;
  const outputs = graph?.output ?? [];
  const declared = new Map((graph?.valueInfo ?? []).map((info) => [info.name, info]));
  const present = new Set(outputs.map(({ name }) => name));
  const more = [...new Set(tensors.values())]
    .filter((name) => !present.has(name))
    .map(
      (name): ValueInfoMessage =>
        declared.get(name) ?? { name, type: { tensorType: { elemType: elementTypeOf(model) } } },
    );
  const initializer = (graph?.initializer ?? []).map((tensor) => embedded(tensor, given));
  const bytes = ModelProto.encode({
    ...model,
    graph: { ...graph, initializer, output: [...outputs, ...more] },
  }).finish();
  return { bytes, tensors };
}

function blockTensors({ graph }: ModelMessage, scopes: readonly string[]): ReadonlyMap<string, string> {
  const nodes = graph?.node ?? [];
  const blockOf = new Map<NodeMessage, string | undefined>(
    nodes.map((node) => [node, innermostScope(node.name ?? "", scopes)]),
  );
  const readers = new Map<string, (string | undefined)[]>();
  for (const node of nodes) {
    for (const name of node.input ?? []) readers.set(name, [...(readers.get(name) ?? []), blockOf.get(node)]);
  }
  const outputs = new Set((graph?.output ?? []).map(({ name }) => name));
  const leaving = new Map<string, string>();
  for (const node of nodes) {
    const block = blockOf.get(node);
    if (block === undefined) continue;
    for (const name of node.output ?? []) {
      const isRead = (readers.get(name) ?? []).some((reader) => reader !== block);
      if (isRead || outputs.has(name)) leaving.set(block, name);
    }
  }
  return leaving;
}

/** What the graph computes in: the element type of its first input. */
function elementTypeOf({ graph }: ModelMessage): number {
  return graph?.input?.[0]?.type?.tensorType?.elemType ?? TensorProto.DataType.FLOAT;
}

function embedded(tensor: TensorMessage, given: GivenBytes): TensorMessage {
  if (!isExternal(tensor)) return tensor;
  const held = heldTensor(tensor, given);
  return { ...tensorHeader(held), rawData: held.bytes() };
}
