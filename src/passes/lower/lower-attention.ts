import * as z from "zod";
import {
  type AttentionLowering,
  type AttentionOp,
  implementations,
} from "../../ir/attention/implementations.js";
import { LOWERING_STRATEGIES, TARGETS } from "../../ir/attention/lowering/strategy.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import { rewriteGraph } from "../../ir/rewrite.js";
import { definePass } from "../engine/pass.js";
import { halfGateContext } from "./half-gate.js";

/**
 *     attention.TYPE(x, ...)  →  mul(x, gate of primitive ops)
 *
 * What the gate becomes is `lowering.ts` in each type's folder of `ir/attention/`. The operators Shape, Gather, Expand,
 * Squeeze and Unsqueeze are in none of them: converters of other runtimes fail on these.
 */
export const lowerAttention = definePass({
  name: "lower-attention",
  doc: "Lowers attention gates to convolutions, activations and products.",
  options: () =>
    z.strictObject({
      strategy: z
        .enum(["auto", ...LOWERING_STRATEGIES])
        .default("auto")
        .describe("How a convolution over the channels is written; auto: the best form for the target."),
      target: z.enum(TARGETS).default("portable").describe("Device that the model will run on."),
    }),
  preserves: "values",
  run: (graph, options) =>
    rewriteGraph(graph, "lower-attention", (op, context) => {
      const type = attentionKindOf(op.kind);
      const [x, weights] = op.operands;
      if (type === undefined || x === undefined) return undefined;
      // The table ties each lowering to its own op, which TypeScript can't follow through the look-up.
      const lower = implementations[type].lower as AttentionLowering;
      if (x.type.dtype !== "float16") return lower(op as AttentionOp, context, options);
      const half = halfGateContext(context, (weights ?? x).type.dtype);
      const gated = lower(op as AttentionOp, half, options);
      return gated.type.dtype === "float16" ? gated : context.op("cast", [gated], { to: "float16" });
    }),
});
