import * as z from "zod";
import { Defect } from "../base/diagnostic.js";
import { makeParameter } from "../ir/builder.js";
import type { Graph, Op, OpOf, Parameter, Value } from "../ir/graph.js";
import { usesOf } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp, replaceParameters, rewriteGraph } from "../ir/rewrite.js";
import { binaryWeight, constantWeight, sqrtWeight, type WeightExpr } from "../ir/weight.js";
import { definePass, type Unmatched } from "./engine/pass.js";
import { biasName, holds, type LinearLayer, layerOf } from "./simplify/layers.js";

/**
 *     batch_norm(conv(x, W, b); γ, β, μ, σ²)  →  conv(x, W · f, β + (b - μ) · f)     with f = γ / √(σ² + ε)
 *
 * f is per output channel, the first axis of W: of convolutions over one or two axes, and of linear layers. The weight keeps its
 * name; the bias is called after it, or keeps the name that it had. A normalisation stays where the layer's result has another
 * reader or is an output, where its numbers or the layer's are computed instead of being parameters, and where float16 can't hold
 * what would come of them.
 *
 * Weights that several layers share stay shared: they are folded where the normalisations of all of them share their numbers,
 * too. Where each layer has a normalisation of its own, all of these stay.
 *
 * Source: Jacob et al., Quantization and Training of Neural Networks (CVPR 2018), section 3.2, eq. 14.
 */
export const foldBatchNorm = definePass({
  name: "fold-batch-norm",
  doc: "Folds batch normalisation into the convolution or linear layer before it.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  unmatched: (graph) => normsThatStay(graph),
  run(graph) {
    const { pairs, agrees } = foldablePairs(graph);
    const numbers = new Map<Parameter, WeightExpr>();
    const biases = new Map<Parameter, NamedData>();
    for (const { layer, norm } of pairs.values()) {
      const { weight, bias } = layer;
      const folded = foldedData(weight.data, bias?.data, norm);
      numbers.set(weight, folded.weight);
      if (bias !== undefined && agrees(bias)) numbers.set(bias, folded.bias);
      else biases.set(weight, { name: bias?.name ?? biasName(weight.name), data: folded.bias });
    }
    const earlier = new Map<Value, Parameter>();
    const renumbered = replaceParameters(graph, (parameter) => {
      const data = numbers.get(parameter);
      if (data === undefined) return parameter;
      const other = makeParameter(parameter.name, data, "trainable", parameter.type.dtype);
      earlier.set(other, parameter);
      return other;
    });
    const folded = new Set<Value>([...pairs.values()].flatMap(({ norm }) => norm.results));
    const made = new Map<Value, Value>();
    return rewriteGraph(renumbered, "fold-batch-norm", (op, context) => {
      const [result] = op.results;
      if (result === undefined) return undefined;
      if (folded.has(result)) return op.operands[0];
      const layer = pairs.has(result) ? layerOf(op) : undefined;
      const weight = layer && earlier.get(layer.weight);
      if (layer === undefined || weight === undefined) return undefined;
      const added = biases.get(weight);
      return context.instead(layer.op, () => {
        if (added === undefined) return layer.op.operands;
        const bias = made.get(weight) ?? context.parameterOf(added.name, added.data, "trainable");
        made.set(weight, bias);
        return [layer.x, layer.weight, bias];
      });
    });
  },
});

interface NamedData {
  readonly name: string;
  readonly data: WeightExpr;
}

type BatchNorm = OpOf<"batch_norm">;

/** A layer of parameters, and the normalisation that alone reads its result. */
interface Pair {
  readonly layer: LinearLayer;
  readonly norm: BatchNorm;
}

interface Foldable {
  readonly pairs: ReadonlyMap<Value, Pair>;
  /** Whether a parameter can have its new numbers wherever it is read. */
  readonly agrees: (parameter: Parameter) => boolean;
  /** Normalisations that would make numbers of which float16 has none. */
  readonly refused: readonly BatchNorm[];
}

/** The normalisations that can be folded, by the result of the layer before each. */
function foldablePairs(graph: Graph): Foldable {
  const uses = usesOf(graph);
  const outputs = new Set(graph.outputs);
  const pairs = new Map<Value, Pair>();
  const refused: BatchNorm[] = [];
  for (const op of graph.ops) {
    const [y] = op.results;
    const layer = layerOf(op);
    if (y === undefined || outputs.has(y) || layer === undefined) continue;
    const [norm, ...others] = uses.get(y) ?? [];
    if (others.length > 0 || !isOp(norm, "batch_norm") || !readsParametersOnly(norm)) continue;
    if (holds(layer, foldedData(layer.weight.data, layer.bias?.data, norm))) pairs.set(y, { layer, norm });
    else refused.push(norm);
  }
  const agrees = agreement(pairs, uses, outputs);
  return { pairs: new Map([...pairs].filter(([, { layer }]) => agrees(layer.weight))), agrees, refused };
}

/** What to say of normalisations that stay because half precision has no digits for the weights that they would make. */
export function normsThatStay(graph: Graph): readonly Unmatched[] {
  const { refused } = foldablePairs(graph);
  const [first] = refused;
  if (first === undefined) return [];
  const which =
    refused.length === 1
      ? `the BatchNorm ${first.loc.scope} stays`
      : `${refused.length} BatchNorms stay, the first is ${first.loc.scope}`;
  return [
    {
      message: `${which}: folded in, weights or biases would be infinite in float16, or too small for its digits`,
    },
  ];
}

/** Whether all operands after x are parameters. */
export function readsParametersOnly(op: Op): boolean {
  return op.operands.slice(1).every((operand) => operand.kind === "parameter");
}

/** Whether all that read a parameter are layers that would give it the same new numbers. */
function agreement(
  pairs: ReadonlyMap<Value, Pair>,
  uses: ReadonlyMap<Value, readonly Op[]>,
  outputs: ReadonlySet<Value>,
): (parameter: Parameter) => boolean {
  const pairOf = (op: Op): Pair | undefined => op.results.map((result) => pairs.get(result)).at(0);
  return (parameter) => {
    const [first, ...others] = (uses.get(parameter) ?? []).map(pairOf);
    if (first === undefined || outputs.has(parameter)) return false;
    return others.every((other) => other !== undefined && sameFolding(first, other));
  };
}

function sameFolding(a: Pair, b: Pair): boolean {
  return (
    a.layer.weight === b.layer.weight &&
    a.layer.bias === b.layer.bias &&
    a.norm.attributes.epsilon === b.norm.attributes.epsilon &&
    a.norm.operands.slice(1).every((operand, i) => operand === b.norm.operands[i + 1])
  );
}

/** The numbers of an operand that `readsParametersOnly` has seen to be a parameter. */
function dataOf(operand: Value): WeightExpr {
  if (operand.kind !== "parameter") throw new Defect(`${operand.name} is no parameter`);
  return operand.data;
}

/** The weight and the bias that a layer of those has with the normalisation after it. */
export function foldedData(
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
