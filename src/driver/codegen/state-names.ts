import { InputError } from "../../base/diagnostic.js";
import type { StateNames } from "../../codegen/subject.js";
import { type Graph, type Parameter, parametersOf } from "../../ir/graph.js";
import { concreteDims, sameDims } from "../../ir/types.js";
import type { NameMap } from "../../weights/names/name-map.js";
import type { TensorName } from "../../weights/names/name-parameters.js";
import { targetNames } from "../../weights/names/target.js";

/** A framework's names for the weights of a network: as text for generators, and for files of weights. */
export interface FrameworkNames extends StateNames {
  readonly tensors: ReadonlyMap<Parameter, TensorName>;
}

/**
 * The names of a framework for a module that has the network's own shapes.
 *
 * Errors: `InputError` for layers that the framework has no name for, or has as layers of another kind.
 */
export function frameworkNames(graph: Graph, map: NameMap): FrameworkNames {
  const weights = parametersOf(graph).filter(({ role }) => role !== "fixed");
  const { names: tensors, naming } = targetNames(graph, map, weights);
  const reshaped = [...tensors].filter(([{ type }, { dims }]) => !sameDims(concreteDims(type.dims), dims));
  if (reshaped.length > 0) {
    throw new InputError(
      reshaped.map(([{ name, type }, { dims }]) => ({
        code: "codegen/reshaped",
        message: `${map.title} (${naming.title}) stores ${name} as [${dims.join(", ")}], and the module has [${type.dims.join(", ")}]`,
        hint: "leave --names out; ecagen weights convert writes files of these names and shapes",
      })),
    );
  }
  return {
    title: map.title,
    names: new Map([...tensors].map(([parameter, { name }]) => [parameter.name, name])),
    tensors,
  };
}
