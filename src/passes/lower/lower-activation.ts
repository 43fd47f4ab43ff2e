import * as z from "zod";
import { type ActivationName, LEAKY_SLOPES } from "../../ir/activations.js";
import type { Value } from "../../ir/graph.js";
import { HARD_SWISH_OPSET, MISH_OPSET } from "../../ir/ops/activations.js";
import type { ModelOpName } from "../../ir/ops/registry.js";
import { type RewriteContext, rewriteGraph } from "../../ir/rewrite.js";
import { constantWeight } from "../../ir/weight.js";
import { definePass } from "../engine/pass.js";

/**
 *     silu(x)        →  x · sigmoid(x)
 *     relu6(x)       →  clip(x, 0, 6)
 *     gelu(x)        →  x · (1 + erf(x / √2)) · 1/2
 *     hard_sigmoid_0.2(x)  →  sloped_hard_sigmoid(x)  with a slope of 0.2
 *     leaky_relu_0.1(x)    →  leaky_relu(x)           with a slope of 0.1; so every other slope that has a word
 *     mish(x)        →  x · tanh(softplus(x))        below opset 18, which brought the operator
 *     hard_swish(x)  →  x · hard_sigmoid(x)          below opset 14, which brought the operator
 *
 * SiLU stays two nodes at every opset: runtimes fuse them, and few know opset 24's Swish.
 */
export const lowerActivation = definePass({
  name: "lower-activation",
  doc: "Lowers activations that have no ONNX operator to operators.",
  options: () =>
    z.strictObject({
      opset: z.int().min(13).default(17).describe("Version of the ONNX operator set to lower to."),
    }),
  preserves: "values",
  run: (graph, { opset }) =>
    rewriteGraph(graph, "lower-activation", (op, context) => {
      const [x] = op.operands;
      if (x === undefined) return undefined;
      if (op.kind === "hard_swish" && opset < HARD_SWISH_OPSET) {
        return context.op("mul", [x, context.op("hard_sigmoid", [x], {}, "hard_sigmoid")], {});
      }
      if (op.kind === "mish" && opset < MISH_OPSET) {
        const softplus = context.op("softplus", [x], {}, "softplus");
        return context.op("mul", [x, context.op("tanh", [softplus], {}, "tanh")], {});
      }
      return isModelActivation(op.kind) ? LOWERINGS[op.kind](x, context) : undefined;
    }),
});

type ModelActivation = Extract<ActivationName, ModelOpName>;
type ActivationLowering = (x: Value, context: RewriteContext) => Value;

function leaky(name: keyof typeof LEAKY_SLOPES): ActivationLowering {
  return (x, context) => context.op("leaky_relu", [x], { slope: LEAKY_SLOPES[name] });
}

const LOWERINGS: { readonly [A in ModelActivation]: ActivationLowering } = {
  silu: (x, context) => context.op("mul", [x, context.op("sigmoid", [x], {}, "sigmoid")], {}),
  "hard_sigmoid_0.2": (x, context) => context.op("sloped_hard_sigmoid", [x], { slope: 0.2, shift: 0.5 }),
  relu6: (x, context) => context.op("clip", [x], { low: 0, high: 6 }),
  "leaky_relu_0.1": leaky("leaky_relu_0.1"),
  "leaky_relu_0.01": leaky("leaky_relu_0.01"),
  "leaky_relu_0.001": leaky("leaky_relu_0.001"),
  gelu(x, context) {
    const constant = (name: string, value: number): Value =>
      context.constant(name, constantWeight([], value));
    const scaled = context.op("mul", [x, constant("rsqrt2", Math.SQRT1_2)], {}, "scaled");
    const erf = context.op("erf", [scaled], {}, "erf");
    const shifted = context.op("add", [erf, constant("one", 1)], {}, "shifted");
    const product = context.op("mul", [x, shifted], {}, "product");
    return context.op("mul", [product, constant("half", 0.5)], {});
  },
};

function isModelActivation(kind: string): kind is ModelActivation {
  return Object.hasOwn(LOWERINGS, kind);
}
