import type { Graph } from "../ir/graph.js";
import { evaluatorOf } from "../reference/operators/registry.js";

/** The nodes of a file, by their indexes, that the reference interpreter has no definition of. */
export function unevaluable({ ops }: Graph): ReadonlySet<number> {
  return new Set(
    ops.flatMap((op) => (op.kind === "opaque" && !evaluatorOf(op) ? (op.attributes.node ?? []) : [])),
  );
}
