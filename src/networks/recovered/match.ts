import type { Value } from "../../ir/graph.js";
import type { WeightExpr } from "../../ir/weight.js";
import type { CanonicalGraph } from "../canonical-graph.js";

/**
 * The numbers that a file has for the parameters of a network, by their names, if both compute the same. Both graphs have the
 * same numbering; equal numbers of their outputs say that every op on the way is the same.
 *
 * Undefined for networks that don't.
 */
export function matchedWeights(
  network: CanonicalGraph,
  file: CanonicalGraph,
): ReadonlyMap<string, WeightExpr> | undefined {
  const [ours, theirs] = [network.graph.outputs, file.graph.outputs];
  const isSame = ours.every((output, i) => {
    const other = theirs[i];
    return other !== undefined && network.number(output) === file.number(other);
  });
  if (!isSame || ours.length !== theirs.length) return undefined;
  const weights = new Map<string, WeightExpr>();
  const partner = new Map<Value, Value>();
  const open: (readonly [Value, Value])[] = ours.map((output, i) => [output, theirs[i] as Value]);
  for (let pair = open.pop(); pair !== undefined; pair = open.pop()) {
    const [our, their] = pair;
    if (partner.has(our)) continue;
    partner.set(our, their);
    const [a, b] = [network.computation(our), file.computation(their)];
    if (a === undefined || b === undefined) continue;
    a.weights.forEach(({ name }, i) => {
      const data = b.weights[i]?.data;
      if (name !== undefined && data !== undefined) weights.set(name, data);
    });
    const operands = file.inOrder(b);
    for (const [i, operand] of network.inOrder(a).entries()) open.push([operand, operands[i] as Value]);
  }
  return weights;
}
