import * as z from "zod";
import { rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";
import { gateKind, gateSelector, selectGates, unmatchedGates } from "./gates.js";

/** `y = gate(x)` → `y = x` */
export const removeAttention = definePass({
  name: "remove-attention",
  doc: "Removes attention gates: what they gated goes on as it is.",
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
    return rewriteGraph(graph, "remove-attention", (op) => {
      const [result] = op.results;
      return result !== undefined && gates.has(result) ? op.operands[0] : undefined;
    });
  },
});
