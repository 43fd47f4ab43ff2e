import { parseModel } from "../file/document.js";
import { ModelProto, type NodeMessage, type TensorMessage, TensorProto } from "../file/proto.js";
import { isExternal } from "../file/tensors.js";
import type { GivenBytes } from "./initializers.js";

/** Operators whose weights of int8 ONNX Runtime makes uint8, with new tensors, so that sums of products are exact. */
const MULTIPLYING = /^QLinear(Conv|MatMul)$|^QGemm$|^(Conv|MatMul)Integer|^DynamicQuantizeMatMul$/;

/**
 * A model in which each of those nodes has weights and zero points of its own: ONNX Runtime can't load it with exact sums where two
 * nodes share one. Undefined where none do, and for a model with external data.
 */
export function withOwnIntegers({ bytes, file }: Pick<GivenBytes, "bytes" | "file">): Uint8Array | undefined {
  const model = parseModel(bytes, file);
  const { initializer = [], node = [] } = model.graph ?? {};
  const tensors = initializer ?? [];
  const integers = new Map(
    tensors
      .filter(({ dataType }) => dataType === TensorProto.DataType.INT8)
      .map((tensor) => [tensor.name ?? "", tensor]),
  );
  if (integers.size === 0 || tensors.some(isExternal)) return undefined;
  const taken = new Set([
    ...tensors.map(({ name }) => name),
    ...(node ?? []).flatMap(({ output }) => output),
  ]);
  const read = new Set<string>();
  const copies: TensorMessage[] = [];
  const ownOf = (name: string): string => {
    const tensor = integers.get(name);
    if (tensor === undefined || !read.has(name)) {
      read.add(name);
      return name;
    }
    let own = `${name}/own`;
    for (let i = 1; taken.has(own); i++) own = `${name}/own_${i}`;
    taken.add(own);
    copies.push({ ...tensor, name: own });
    return own;
  };
  const nodes = (node ?? []).map(
    (each): NodeMessage =>
      MULTIPLYING.test(each.opType ?? "") ? { ...each, input: (each.input ?? []).map(ownOf) } : each,
  );
  if (copies.length === 0) return undefined;
  const graph = { ...model.graph, node: nodes, initializer: [...tensors, ...copies] };
  return ModelProto.encode({ ...model, graph }).finish();
}
