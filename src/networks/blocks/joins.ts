import type { Value } from "../../ir/graph.js";
import { startAtOne } from "../../ir/initializers.js";
import { constantWeight } from "../../ir/weight.js";
import type { JoinWord } from "../../language/values.js";
import type { LayerBuilder } from "./layers.js";

/** One map of several equally large ones, named `layer/concat`, `layer/sum` and the like. A single one is itself. */
export function joinMaps(
  layers: LayerBuilder,
  maps: readonly [Value, ...Value[]],
  how: JoinWord,
  layer: string,
): Value {
  const [first, ...others] = maps;
  if (others.length === 0) return first;
  if (how === "concat") return layers.op("concat", maps, { axis: 1 }, `${layer}/concat`);
  if (how === "weighted") return weightedSum(layers, [first, ...others], layer);
  if (how === "product")
    return chain(first, others, (a, b, i) => layers.multiply(a, b, at(layer, "product", i)));
  const sum = chain(first, others, (a, b, i) => layers.add(a, b, at(layer, "sum", i)));
  if (how === "sum") return sum;
  return layers.op("mul", [sum, numberOf(layers, `${layer}.share`, 1 / maps.length)], {}, `${layer}/mean`);
}

/** What keeps the shares finite where all weights are 0. */
const FUSION_EPSILON = 1e-4;

/**
 * Σ rᵢ · xᵢ / (Σ rᵢ + ε) with rᵢ = max(wᵢ, 0) of trained weights w, which start at 1: fast normalised fusion (Tan et al.,
 * EfficientDet, CVPR 2020, section 3.3).
 */
function weightedSum(layers: LayerBuilder, maps: readonly [Value, ...Value[]], layer: string): Value {
  const weights = layers.parameter(`${layer}/weights`, [maps.length], startAtOne);
  const positive = layers.op("relu", [weights], {}, `${layer}/weights/act`);
  const total = layers.op("reduce_sum", [positive], { axes: [0], keepdims: true }, `${layer}/weights/total`);
  const epsilon = numberOf(layers, `${layer}/weights/epsilon`, FUSION_EPSILON);
  const divisor = layers.op("add", [total, epsilon], {}, `${layer}/weights/divisor`);
  const shares = layers.op("div", [positive, divisor], {}, `${layer}/weights/shares`);
  const [first, ...others] = maps.map((map, i): Value => {
    const share = layers.op("slice", [shares], { axis: 0, start: i, end: i + 1 }, `${layer}/weights/${i}`);
    return layers.op("mul", [map, share], {}, `${layer}/weighted/${i}`);
  }) as [Value, ...Value[]];
  return chain(first, others, (a, b, i) => layers.add(a, b, at(layer, "sum", i)));
}

/** What `combine` makes of the first two values, of that and the third, and so on; it is told how many still come. */
function chain(
  first: Value,
  others: readonly Value[],
  combine: (a: Value, b: Value, step: { readonly index: number; readonly last: boolean }) => Value,
): Value {
  const last = others.length - 1;
  return others.reduce((all, value, index) => combine(all, value, { index, last: index === last }), first);
}

function at(
  layer: string,
  what: string,
  { index, last }: { readonly index: number; readonly last: boolean },
): string {
  return `${layer}/${last ? what : `${what}/${index}`}`;
}

/** A number that is not trained. */
export function numberOf(layers: LayerBuilder, name: string, value: number): Value {
  return layers.parameter(name, [], (dims) => constantWeight(dims, value), "fixed");
}
