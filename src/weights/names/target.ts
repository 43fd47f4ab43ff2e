import { InputError } from "../../base/diagnostic.js";
import type { Graph, Parameter } from "../../ir/graph.js";
import { type Numbering, specNumbering, stagewiseNumbering } from "./block-numbers.js";
import type { NameMap, Naming } from "./name-map.js";
import { meetsCondition, nameParameters, networkParts, type TensorName } from "./name-parameters.js";

/** The names that a network's parameters get in a framework. */
export interface TargetNames {
  readonly naming: Naming;
  readonly names: ReadonlyMap<Parameter, TensorName>;
}

/**
 * Chooses the naming of a framework for a network that is written for it: the first that is meant for such networks
 * and names all of the given parameters.
 *
 * Errors: `InputError` with every parameter that the framework has no name for.
 */
export function targetNames(graph: Graph, map: NameMap, parameters: readonly Parameter[]): TargetNames {
  const parts = networkParts(graph);
  const numberingOf = ({ own }: Naming): Numbering =>
    own === true ? specNumbering(graph) : stagewiseNumbering(graph);
  const targets = map.namings
    .map((naming) => ({ naming, names: nameParameters(parts, naming, numberingOf(naming)) }))
    .map((target) => ({ ...target, unnamed: parameters.filter((each) => !target.names.has(each)) }))
    .sort((a, b) => a.unnamed.length - b.unnamed.length);
  const meant = targets.find(
    ({ naming, unnamed }) =>
      unnamed.length === 0 && (naming.writes === undefined || meetsCondition(graph, naming.writes)),
  );
  const [nearest] = targets;
  const chosen = meant ?? (nearest?.unnamed.length === 0 ? nearest : undefined);
  if (chosen !== undefined) return chosen;
  throw new InputError(
    (nearest?.unnamed ?? parameters).map(({ name }) => ({
      code: "weights/unnamed",
      message: `${map.title} (${nearest?.naming.title}) has no name for ${name}`,
    })),
  );
}
