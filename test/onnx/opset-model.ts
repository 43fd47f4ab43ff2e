import { type Graph, parametersOf, usesOf, type Value } from "../../src/ir/graph.js";
import { numberDType } from "../../src/ir/types.js";
import { codecNodes, type TensorToWrite } from "../../src/onnx/encode/export.js";
import { ModelProto, type NodeMessage, type TensorMessage, tensorHeader } from "../../src/onnx/file/proto.js";
import { encodeValueInfo } from "../../src/onnx/file/value-info.js";
import { encodeElements } from "../../src/weights/values/elements.js";
import { materialize } from "../../src/weights/values/materialize.js";

/**
 * The model file of a graph of operators in any operator set, also in those that specs are not compiled to: each op as
 * its codec writes it into a file of that set.
 */
export function modelOfOpset(graph: Graph, opset: number): Uint8Array {
  const tensors: TensorMessage[] = parametersOf(graph).map(({ name, data, type }) => {
    const dtype = numberDType(type);
    const rawData = encodeElements(materialize(data, 0, dtype), dtype);
    return { ...tensorHeader({ name, dtype, dims: data.dims }), rawData };
  });
  const sink = {
    opset,
    uses: usesOf(graph),
    nameOf: ({ name }: Value) => name,
    unread: (wanted: string) => wanted,
    fresh: (wanted: string) => wanted,
    nodeName: (scope: string, operator: string) => `${scope}/${operator}`,
    constant: (each: TensorToWrite) =>
      void tensors.push({ ...tensorHeader(each), rawData: each.data as Uint8Array }),
  };
  const node: NodeMessage[] = graph.ops.flatMap((op) => codecNodes(op, sink));
  return ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: "", version: opset }],
    graph: {
      name: graph.name,
      node,
      input: graph.inputs.map(({ name, type }) => encodeValueInfo(name, type)),
      output: graph.outputs.map(({ name, type }) => encodeValueInfo(name, type)),
      initializer: tensors,
    },
  }).finish();
}
