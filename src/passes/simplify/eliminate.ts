import * as z from "zod";
import { freezeGraph } from "../../ir/builder.js";
import type { Graph, Op, Parameter, Result, Value } from "../../ir/graph.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { printWeight } from "../../ir/print.js";
import { replaceParameters, rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";

/** Removes the ops that no output depends on, and so the parameters that only they read. Inputs stay. */
export const eliminateDeadCode = definePass({
  name: "eliminate-dead-code",
  doc: "Removes ops that no output depends on.",
  options: z.strictObject({}),
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

/**
 *     a = f(x); b = f(x)  →  a = f(x), b is a
 *
 * Ops are equal when kind, operands and attributes are. `fixed` parameters are equal when their numbers are;
 * trainable ones and buffers are only equal to themselves, for training will tell them apart. So will it tell
 * two dropouts of one value, which are left alone.
 */
export const eliminateCommonSubexpressions = definePass({
  name: "eliminate-common-subexpressions",
  doc: "Computes equal things once.",
  options: z.strictObject({}),
  preserves: "values",
  tidies: true,
  run(graph) {
    const known = new Map<string, Result>();
    const idOf = numbering();
    return rewriteGraph(mergeFixedParameters(graph), "eliminate-common-subexpressions", (op) => {
      const [result, ...more] = op.results;
      if (result === undefined || more.length > 0 || definitionOf(op.kind).trainingOnly === true)
        return undefined;
      const key = `${op.kind}(${op.operands.map(idOf).join(", ")})${attributesKey(op)}`;
      const first = known.get(key);
      if (first === undefined) known.set(key, result);
      return first;
    });
  },
});

function mergeFixedParameters(graph: Graph): Graph {
  const known = new Map<string, Parameter>();
  return replaceParameters(graph, (parameter) => {
    if (parameter.role !== "fixed") return parameter;
    const key = `${parameter.type.dtype} ${printWeight(parameter.data)}`;
    const first = known.get(key) ?? parameter;
    known.set(key, first);
    return first;
  });
}

/** A number for each value, the same for the same value. */
function numbering(): (value: Value) => number {
  const ids = new Map<Value, number>();
  return (value) => {
    const id = ids.get(value) ?? ids.size;
    ids.set(value, id);
    return id;
  };
}

function attributesKey(op: Op): string {
  return JSON.stringify(Object.entries(op.attributes).sort(([a], [b]) => (a < b ? -1 : 1)));
}
