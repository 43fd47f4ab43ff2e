import * as z from "zod";
import type { Value } from "../../ir/graph.js";
import type { Initializer } from "../../ir/initializers.js";
import { type RewriteContext, rewriteGraph } from "../../ir/rewrite.js";
import { constantWeight } from "../../ir/weight.js";
import { definePass } from "../engine/pass.js";
import { doubled } from "../simplify/doubled.js";
import { gateKind, gateSelector, type SitedGate, selectGates, unmatchedGates } from "./gates.js";

/**
 *     y = gate(x)  →  y = x          x + gate(x)  →  x · 2
 *
 * With `factor`, y = x · f: f has one number for each channel, ones at first, which `--new-gates` makes the mean response of the
 * gate, and `absorb-factors` takes into the layers around it.
 */
export const removeAttention = definePass({
  name: "remove-attention",
  doc: "Removes attention gates: their input is passed on unchanged, doubled if the gate was residual.",
  options: () =>
    z.strictObject({
      kind: gateKind()
        .optional()
        .describe("Kind of gate to remove; there must be at least one. Default: any kind."),
      at: gateSelector().optional().describe("Selects some of these gates. Default: all."),
      factor: z
        .boolean()
        .optional()
        .describe(
          "Inserts a factor for each channel in place of the gate, initially 1, for --new-gates and absorb-factors. Default: no factor.",
        ),
    }),
  preserves: "signature",
  unmatched: (graph, { kind, at }) => unmatchedGates(graph, { kind, at }),
  run(graph, { kind, at, factor = false }) {
    const gates = selectGates(graph, "remove-attention", { kind, at });
    const passed = new Set<Value>();
    return rewriteGraph(graph, "remove-attention", (op, context) => {
      const [x] = op.operands;
      const [result] = op.results;
      if (x === undefined || result === undefined) return undefined;
      if (!gates.has(result)) return passed.has(x) ? doubled(op, context) : undefined;
      if (factor) return factored(x, gates.get(result), context);
      passed.add(x);
      return x;
    });
  },
});

/** x · f, f [C, 1, 1] of ones, or [C, 1] where x is a signal. */
function factored(x: Value, gate: SitedGate | undefined, context: RewriteContext): Value {
  const { dims } = x.type;
  const sizes = [gate?.site.channels ?? 1, ...dims.slice(2).map(() => 1)];
  const name = `${gate?.op.loc.scope.slice(1).replaceAll("/", ".")}.factor`;
  return context.op("mul", [x, context.parameter(name, sizes, ones)], {});
}

const ones: Initializer = (dims) => constantWeight(dims, 1);
