import * as z from "zod";
import type { Value } from "../../ir/graph.js";
import { rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";
import { doubled } from "../simplify/doubled.js";
import { gateKind, gateSelector, selectGates, unmatchedGates } from "./gates.js";

/** `y = gate(x)` → `y = x`; `x + gate(x)` → `x · 2` */
export const removeAttention = definePass({
  name: "remove-attention",
  doc: "Removes attention gates: what they gated goes on as it is, twice where it is added to what they gave.",
  options: z.strictObject({
    kind: gateKind
      .optional()
      .describe("The kind of gate that is removed, of which there must be one; left out, any."),
    at: gateSelector.optional().describe("Which of these gates; left out, all of them."),
  }),
  preserves: "signature",
  unmatched: (graph, { kind, at }) => unmatchedGates(graph, { kind, at }),
  run(graph, { kind, at }) {
    const gates = selectGates(graph, "remove-attention", { kind, at });
    const passed = new Set<Value>();
    return rewriteGraph(graph, "remove-attention", (op, context) => {
      const [x] = op.operands;
      const [result] = op.results;
      if (x === undefined || result === undefined) return undefined;
      if (!gates.has(result)) return passed.has(x) ? doubled(op, context) : undefined;
      passed.add(x);
      return x;
    });
  },
});
