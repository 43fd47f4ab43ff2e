import * as z from "zod";
import { computedWeight } from "../ir/computed-weight.js";
import type { Parameter, Value } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp, rewriteGraph } from "../ir/rewrite.js";
import { definePass } from "./engine/pass.js";
import { strongestRole } from "./simplify/roles.js";

/**
 *     conv(x, standardized_weight(@weight, @gain))  →  conv(x, @standardized)
 *
 * The numbers are computed when the file is written. Layers that share a weight share what becomes of it.
 */
export const standardizeWeights = definePass({
  name: "standardize-weights",
  doc: "Computes standardised weights once and stores them as parameters, for inference.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  run(graph) {
    const made = new Map<string, Value>();
    return rewriteGraph(graph, "standardize-weights", (op, context) => {
      const [result] = op.results;
      // The layer says that a pass has changed it.
      if (isOp(op, "conv") && [...made.values()].includes(operandsOf(op).weight))
        return context.op(op.kind, op.operands, op.attributes);
      const operands = op.operands.filter((value): value is Parameter => value.kind === "parameter");
      if (!isOp(op, "standardized_weight") || result === undefined || operands.length < op.operands.length)
        return undefined;
      const key = JSON.stringify([operands.map(({ name }) => name), op.attributes]);
      const typed = operands.map(({ type, data }) => ({ dtype: type.dtype, data }));
      const { dtype, data } = computedWeight(op.kind, typed, op.attributes);
      const name = result.name.replaceAll("/", ".");
      const parameter = made.get(key) ?? context.parameterOf(name, data, strongestRole(operands), dtype);
      made.set(key, parameter);
      return parameter;
    });
  },
});
