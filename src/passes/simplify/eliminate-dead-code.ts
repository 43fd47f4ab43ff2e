import * as z from "zod";
import { freezeGraph } from "../../ir/builder.js";
import type { Op, Value } from "../../ir/graph.js";
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
