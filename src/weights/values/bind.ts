import { makeParameter } from "../../ir/builder.js";
import type { Graph, Parameter } from "../../ir/graph.js";
import { replaceParameters } from "../../ir/rewrite.js";
import { concreteDims } from "../../ir/types.js";
import { storedWeight } from "../../ir/weight.js";
import { lendNumbers, type StoredTensor } from "../formats/tensor-source.js";

/**
 * The graph with numbers of a file instead of initial values. They are lent: read piece by piece when the model is
 * written, which must be before the file is closed. The label of each is the tensor's name.
 *
 * @param tensors by the parameter's name; a parameter without one keeps its numbers
 */
export function bindTensors(graph: Graph, tensors: ReadonlyMap<string, StoredTensor>, file: string): Graph {
  return replaceParameters(graph, (parameter: Parameter) => {
    const tensor = tensors.get(parameter.name);
    if (tensor === undefined) return parameter;
    const dims = concreteDims(parameter.type.dims);
    return makeParameter(
      parameter.name,
      storedWeight(dims, tensor.name, lendNumbers(tensor, file)),
      parameter.role,
    );
  });
}
