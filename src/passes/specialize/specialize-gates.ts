import * as z from "zod";
import { rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";
import { eliminateDeadCode } from "../simplify/eliminate.js";
import { changesOf, planSites, STRATEGY_NAMES } from "./plan.js";

/** The one that models are written for by default. */
const OPSET = 17;

/**
 *     x ⊙ g  →  a form of the same product that ONNX Runtime runs faster on the CPU
 *
 * for each product of a map and a gate of one number for each channel, in a network of primitives. Which form is decided for each gate by
 * its cost (`costs.ts`), of which `npm run bench:lowerings` measures the constants. Products in float16 stay as they are.
 */
export const specializeGates = definePass({
  name: "specialize-gates",
  doc: "Writes products of maps and gates in the form that runs fastest on the CPU.",
  options: () =>
    z.strictObject({
      threads: z.int().min(1).default(1).describe("Threads that the model will run with."),
      opset: z.int().min(1).default(OPSET).describe("ONNX operator set of the model."),
      strategy: z
        .enum(["auto", ...STRATEGY_NAMES])
        .default("auto")
        .describe("The form; auto: the cheapest for each gate by the cost model."),
    }),
  preserves: "values",
  run(graph, options) {
    const changes = changesOf(planSites(graph, options));
    if (changes.size === 0) return graph;
    const rewritten = rewriteGraph(graph, "specialize-gates", (op, context) => {
      const [result] = op.results;
      return result && changes.get(result)?.(op, context);
    });
    return eliminateDeadCode.run(rewritten, {});
  },
});
