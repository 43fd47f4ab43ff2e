import * as z from "zod";
import { Defect } from "../base/diagnostic.js";
import type { Graph, Op, OpOf, Value } from "../ir/graph.js";
import { usesOf } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp, rewriteGraph } from "../ir/rewrite.js";
import { binaryWeight, constantWeight, sqrtWeight, type WeightExpr } from "../ir/weight.js";
import { definePass } from "./engine/pass.js";
import { layerOf, layerOperands } from "./simplify/layers.js";

/**
 *     batch_norm(conv(x, W, b); γ, β, μ, σ²)  →  conv(x, W · f, β + (b - μ) · f)     with f = γ / √(σ² + ε)
 *
 * f is per output channel, the first axis of W: of convolutions over one or two axes, and of linear layers. The weight keeps its
 * name; the bias is called after it, or keeps the name that it had. A normalisation stays where the layer's result has another
 * reader or is an output, and where its numbers or the layer's are computed instead of being parameters.
 *
 * Source: Jacob et al., Quantization and Training of Neural Networks (CVPR 2018), section 3.2, eq. 14.
 */
export const foldBatchNorm = definePass({
  name: "fold-batch-norm",
  doc: "Folds batch normalisation into the convolution or linear layer before it.",
  options: z.strictObject({}),
  preserves: "values",
  tidies: true,
  run(graph) {
    const norms = foldableNorms(graph);
    const folded = new Set<Value>([...norms.values()].flatMap((norm) => norm.results));
    return rewriteGraph(graph, "fold-batch-norm", (op, context) => {
      const [result] = op.results;
      if (result === undefined) return undefined;
      if (folded.has(result)) return op.operands[0];
      const norm = norms.get(result);
      const layer = norm && layerOf(op);
      if (norm === undefined || layer === undefined) return undefined;
      const numbers = foldedData(layer.weight.data, layer.bias?.data, norm);
      const make = (name: string, data: WeightExpr): Value => context.parameterOf(name, data, "trainable");
      return context.instead(layer.op, () => layerOperands(layer, numbers, make));
    });
  },
});

type BatchNorm = OpOf<"batch_norm">;

/** The normalisations that can be folded, by the result of the layer before each. */
function foldableNorms(graph: Graph): ReadonlyMap<Value, BatchNorm> {
  const uses = usesOf(graph);
  const outputs = new Set(graph.outputs);
  const norms = new Map<Value, BatchNorm>();
  for (const op of graph.ops) {
    const [y] = op.results;
    if (y === undefined || outputs.has(y) || layerOf(op) === undefined) continue;
    const [norm, ...others] = uses.get(y) ?? [];
    if (others.length === 0 && isOp(norm, "batch_norm") && readsParametersOnly(norm)) norms.set(y, norm);
  }
  return norms;
}

/** Whether all operands after x are parameters. */
function readsParametersOnly(op: Op): boolean {
  return op.operands.slice(1).every((operand) => operand.kind === "parameter");
}

/** The numbers of an operand that `readsParametersOnly` has seen to be a parameter. */
function dataOf(operand: Value): WeightExpr {
  if (operand.kind !== "parameter") throw new Defect(`${operand.name} is no parameter`);
  return operand.data;
}

function foldedData(
  weight: WeightExpr,
  bias: WeightExpr | undefined,
  norm: BatchNorm,
): { readonly weight: WeightExpr; readonly bias: WeightExpr } {
  const operands = operandsOf(norm);
  const [scale, shift, mean] = [dataOf(operands.scale), dataOf(operands.shift), dataOf(operands.mean)];
  const variance = dataOf(operands.variance);
  const epsilon = constantWeight([], norm.attributes.epsilon);
  const factor = binaryWeight("div", scale, sqrtWeight(binaryWeight("add", variance, epsilon)));
  return {
    weight: binaryWeight("mul", weight, factor),
    bias:
      bias === undefined
        ? binaryWeight("sub", shift, binaryWeight("mul", mean, factor))
        : binaryWeight("add", shift, binaryWeight("mul", binaryWeight("sub", bias, mean), factor)),
  };
}
