import * as z from "zod";
import { freezeGraph } from "../../ir/builder.js";
import type { Graph, Op, Parameter, Value } from "../../ir/graph.js";
import { printWeight } from "../../ir/print.js";
import { replaceParameters, rewriteGraph } from "../../ir/rewrite.js";
import { smallValues, type WeightExpr } from "../../ir/weight.js";
import { definePass } from "../engine/pass.js";
import { EqualOps } from "./equal-ops.js";

/** Removes the ops that no output depends on, and so the parameters that only they read. Inputs stay. */
export const eliminateDeadCode = definePass({
  name: "eliminate-dead-code",
  doc: "Removes ops that don't affect any output.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  run(graph) {
    const needed = new Set<Value>(graph.outputs);
    const live = new Set<Op>();
    for (const op of graph.ops.toReversed()) {
      if (!op.results.some((result) => needed.has(result))) continue;
      live.add(op);
      for (const operand of op.operands) needed.add(operand);
    }
    if (live.size === graph.ops.length) return graph;
    return freezeGraph({ ...graph, ops: graph.ops.filter((op) => live.has(op)) });
  },
});

/** Computes equal things once (`EqualOps`), and holds equal numbers of `fixed` parameters once. */
export const eliminateCommonSubexpressions = definePass({
  name: "eliminate-common-subexpressions",
  doc: "Merges equal ops, so that each is computed once.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  run(graph) {
    const equal = new EqualOps();
    return rewriteGraph(mergeFixedParameters(graph), "eliminate-common-subexpressions", (op, context) => {
      const first = equal.firstOf(op);
      return first !== undefined && context.accepts(first) ? first : undefined;
    });
  },
});

/**
 * `fixed` parameters are equal when their numbers are; trainable ones and buffers are only equal to themselves, for training will
 * tell them apart, and outputs, which have names of their own.
 */
export function mergeFixedParameters(graph: Graph): Graph {
  const known = new Map<string, Parameter>();
  return replaceParameters(graph, (parameter) => {
    if (parameter.role !== "fixed" || graph.outputs.includes(parameter)) return parameter;
    const key = `${parameter.type.dtype} ${numbersKey(parameter.data)}`;
    const first = known.get(key) ?? parameter;
    known.set(key, first);
    return first;
  });
}

/** Equal for equal sizes and numbers: the numbers of a small tensor, and of a large one where they come from. */
function numbersKey(data: WeightExpr): string {
  const values = smallValues(data);
  if (values === undefined) return printWeight(data);
  return `[${data.dims}] ${values.map((value) => (Object.is(value, -0) ? "-0" : value)).join()}`;
}
