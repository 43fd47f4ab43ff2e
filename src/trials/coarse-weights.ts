import { makeParameter } from "../ir/builder.js";
import type { Graph } from "../ir/graph.js";
import { replaceParameters } from "../ir/rewrite.js";
import { binaryWeight, uniformWeight } from "../ir/weight.js";
import { ROUNDOFF, type RoundedArithmetic } from "../runtime/rounding-error.js";

/**
 * The network with each float32 weight as far off as rounding to a coarser arithmetic may put it, by chance. Constants stay: they may be sizes.
 * It shows what rounding does to the outputs, and not what becomes of weights that are too large or too small for the arithmetic.
 */
export function coarseWeights(graph: Graph, arithmetic: RoundedArithmetic, run: number): Graph {
  const { unit } = ROUNDOFF[arithmetic];
  return replaceParameters(graph, (parameter) => {
    const { name, data, role, type } = parameter;
    if (role === "fixed" || type.dtype !== "float32") return parameter;
    const factor = uniformWeight(data.dims, 1 - unit, 1 + unit, `coarse:${run}:${name}`);
    return makeParameter(name, binaryWeight("mul", data, factor), role);
  });
}
