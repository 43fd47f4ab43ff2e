import * as z from "zod";
import { type Graph, type Op, producersOf, type Result, type Value } from "../ir/graph.js";
import { isOp, type RewriteContext, rewriteGraph } from "../ir/rewrite.js";
import { sameDims } from "../ir/types.js";
import { binaryWeight, type WeightExpr } from "../ir/weight.js";
import { definePass } from "./engine/pass.js";
import { foldBatchNorm } from "./fold-batch-norm.js";
import {
  layerFrom,
  mayBePartOf,
  type Summand,
  summandOf,
  unchanged,
  type WholeConvolution,
  weightOver,
} from "./merged-convolution.js";
import { eliminateDeadCode } from "./simplify/eliminate.js";
import { layerOperands } from "./simplify/layers.js";
import { Readers } from "./simplify/readers.js";
import { untilNothingChanges } from "./simplify/simplify.js";

/**
 *     conv(x, W₁, b₁) + conv(x, W₂, b₂)          →  conv(x, W₁ + W₂, b₁ + b₂)
 *     conv(x, W, b) + batch_norm(x; γ, β, μ, σ²)  →  conv(x, W + I · f, b + β - μ · f)     with f = γ / √(σ² + ε)
 *     conv(x, W, b) + x                           →  conv(x, W + I, b)
 *
 * for the terms of a sum that read one map with the same strides, after BatchNorms are folded. I is the convolution that leaves a map as it
 * is. A smaller kernel becomes a part of a larger one, which no other may exceed; so there are never more products than before. A term
 * stays where something else reads it, or is an output, or shares its weights, and where its numbers are computed instead of being parameters.
 *
 * Source: Ding et al., RepVGG (CVPR 2021), section 3.3.
 */
export const mergeConvolutions = definePass({
  name: "merge-convolutions",
  doc: "Merges convolutions whose results are added into one, also with normalised inputs, as in the training form of RepVGG and MobileOne.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  run: (graph) => untilNothingChanges(foldBatchNorm.run(graph, {}), mergedOnce),
});

/** A sum of several values, in order, that some of become one convolution. */
interface Merge {
  readonly into: WholeConvolution;
  readonly parts: readonly Summand[];
  /** The terms that stay. */
  readonly others: readonly Value[];
}

function mergedOnce(graph: Graph): Graph {
  const merges = mergesIn(graph);
  if (merges.size === 0) return graph;
  const origins = producersOf(graph);
  const now = new Map<Value, Value>();
  const rewritten = rewriteGraph(graph, "merge-convolutions", (op, context) => {
    const [result] = op.results;
    if (result === undefined) return undefined;
    origins.get(result)?.operands.forEach((operand, i) => {
      now.set(operand, op.operands[i] ?? operand);
    });
    const merge = merges.get(result);
    if (merge === undefined) return undefined;
    const current = (value: Value): Value => now.get(value) ?? value;
    return merge.others.reduce<Value>(
      (sum, other, i) => context.op("add", [sum, current(other)], {}, suffixOf(merge, i)),
      convolutionFor(merge, current, context),
    );
  });
  return eliminateDeadCode.run(rewritten, {});
}

/** What becomes of each sum, by its result. */
function mergesIn(graph: Graph): ReadonlyMap<Value, Merge> {
  const [origins, readers] = [producersOf(graph), new Readers(graph)];
  /** Whether a layer's numbers are those of another one, too, which keeps them. */
  const isShared = ({ layer: { weight, bias } }: WholeConvolution): boolean =>
    [weight, bias].some((each) => each !== undefined && !readers.isOne(each));
  /** A sum that is but a part of another one. */
  const inner = (value: Value, sum: Op): Op | undefined => {
    const op = origins.get(value);
    const isPart =
      isOp(op, "add") && readers.isOne(value) && sameDims(value.type.dims, sum.results[0]?.type.dims ?? []);
    return isPart ? op : undefined;
  };
  const termsOf = (sum: Op): readonly Value[] =>
    sum.operands.flatMap((operand) => {
      const part = inner(operand, sum);
      return part === undefined ? [operand] : termsOf(part);
    });
  const merges = new Map<Value, Merge>();
  for (const op of graph.ops) {
    const [result] = op.results;
    if (!isOp(op, "add") || result === undefined) continue;
    const [reader] = readers.before(result);
    if (isOp(reader, "add") && inner(result, reader) !== undefined) continue;
    const merge = mergeOf(
      termsOf(op),
      (value) => (readers.isOne(value) ? origins.get(value) : undefined),
      isShared,
    );
    if (merge !== undefined) merges.set(result, merge);
  }
  return merges;
}

/** The terms of a sum that the largest convolution can take in. */
function mergeOf(
  terms: readonly Value[],
  ownOp: (value: Value) => Op | undefined,
  isShared: (layer: WholeConvolution) => boolean,
): Merge | undefined {
  const layers = terms.flatMap((term) => layerFrom(ownOp(term)) ?? []).filter((layer) => !isShared(layer));
  const bySize = layers.toSorted((a, b) => b.kernel[0] * b.kernel[1] - a.kernel[0] * a.kernel[1]);
  for (const into of bySize) {
    const parts: Summand[] = [];
    const others: Value[] = [];
    const [result] = into.layer.op.results;
    for (const term of terms) {
      if (result === term) continue;
      const summand = term === into.layer.x ? unchanged(term) : summandOf(ownOp(term));
      const fits = summand !== undefined && mayBePartOf(summand, into);
      // A smaller term would be repeated.
      if (fits && sameDims(term.type.dims, result?.type.dims ?? [])) parts.push(summand);
      else others.push(term);
    }
    if (parts.length > 0) return { into, parts, others };
  }
  return undefined;
}

/** The last sum is called as the sum was. */
function suffixOf({ others }: Merge, i: number): string | undefined {
  return i === others.length - 1 ? undefined : `sum/${i}`;
}

function convolutionFor(
  { into, parts }: Merge,
  current: (value: Value) => Value,
  context: RewriteContext,
): Result {
  const { layer } = into;
  const weight = parts.reduce(
    (sum, part) => binaryWeight("add", sum, weightOver(part, into)),
    layer.weight.data,
  );
  const biases = [layer.bias?.data, ...parts.map(({ bias }) => bias)].filter((each) => each !== undefined);
  const [first, ...more] = biases;
  const bias = first && more.reduce<WeightExpr>((sum, each) => binaryWeight("add", sum, each), first);
  const numbers = bias === undefined ? { weight } : { weight, bias };
  const earlier = { ...layer.op, operands: layer.op.operands.map(current) };
  return context.instead(earlier, () =>
    layerOperands({ ...layer, x: current(layer.x) }, numbers, context.parameterOf),
  );
}
