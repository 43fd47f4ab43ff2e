import { LARGEST_FLOAT16, SMALLEST_NORMAL_FLOAT16 } from "../../base/float16.js";
import { computedWeight } from "../../ir/computed-weight.js";
import type { Op, OpOf, Parameter, Value } from "../../ir/graph.js";
import { elementsOf } from "../../ir/known-elements.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims } from "../../ir/types.js";
import {
  type BinaryWeightKind,
  binaryWeight,
  constantWeight,
  reshapeWeight,
  type TypedWeight,
  type WeightExpr,
} from "../../ir/weight.js";
import type { SimplifyContext } from "./simplification.js";

export type LayerOp = OpOf<"conv"> | OpOf<"conv_1d"> | OpOf<"gemm">;

/** An op y = W · x + b, linear in x, whose numbers are parameters. The first axis of W is that of the outputs. */
export interface LinearLayer {
  readonly op: LayerOp;
  readonly x: Value;
  readonly weight: Parameter;
  readonly bias: Parameter | undefined;
}

export function layerOf(op: Op | undefined): LinearLayer | undefined {
  if (!isOp(op, "conv") && !isOp(op, "conv_1d") && !isOp(op, "gemm")) return undefined;
  const { x, weight, bias } = operandsOf<"conv" | "conv_1d" | "gemm", Value>(op);
  if (weight.kind !== "parameter" || (bias !== undefined && bias.kind !== "parameter")) return undefined;
  return { op, x, weight, bias };
}

/** A layer whose weights no other op reads: where several share them, new numbers would be those of one only. */
export function ownLayerOf(op: Op | undefined, context: SimplifyContext): LinearLayer | undefined {
  const layer = layerOf(op);
  return layer !== undefined && context.isReadOnce(layer.weight) ? layer : undefined;
}

/** How many outputs a layer has, and along which axis of its result they lie. */
export function outputsOf({ weight }: LinearLayer): number {
  return weight.data.dims[0] ?? 0;
}

/** A layer, and what an op combines its result with: one number, or one for each output. */
interface CombinedLayer<K> {
  readonly kind: K;
  readonly layer: LinearLayer;
  readonly by: WeightExpr;
}

/**
 * What an op combines that alone reads a layer's result. Of the two kinds of ops the first may have the parameter on either side,
 * the second behind the layer: y · s, s · y and y / s. Undefined for other ops, and where the result would have more axes.
 */
export function combinedLayer<K extends BinaryWeightKind>(
  op: Op,
  [symmetric, other]: readonly [K, K],
  context: SimplifyContext,
): CombinedLayer<K> | undefined {
  const kind = [symmetric, other].find((each) => each === op.kind);
  if (kind === undefined) return undefined;
  const [a, b] = op.operands;
  const of = (y: Value | undefined, parameter: Value | undefined): CombinedLayer<K> | undefined => {
    if (y === undefined || parameter?.kind !== "parameter" || !context.isReadOnce(y)) return undefined;
    const layer = layerOf(context.producer(y));
    if (layer === undefined || !keepsShared(layer, kind, parameter, context)) return undefined;
    const by = perChannel(parameter, y.type.dims.length, outputsOf(layer));
    return by && { kind, layer, by };
  };
  return of(a, b) ?? (kind === symmetric ? of(b, a) : undefined);
}

/**
 * Whether what several layers share stays shared: weights of one layer alone change, and a sum leaves weights as they are, so that
 * only numbers of this one become its bias.
 */
function keepsShared(
  { weight, bias }: LinearLayer,
  kind: BinaryWeightKind,
  by: Parameter,
  { isReadOnce }: SimplifyContext,
): boolean {
  const isSum = kind === "add" || kind === "sub";
  return isReadOnce(weight) || (isSum && isReadOnce(by) && (bias === undefined || isReadOnce(bias)));
}

/** The operands of a layer with other numbers, under the names that they had. */
export function layerOperands(
  layer: LinearLayer,
  numbers: { readonly weight?: WeightExpr; readonly bias?: WeightExpr },
  make: (name: string, data: WeightExpr, role: Parameter["role"]) => Value,
): readonly Value[] {
  const { x, weight, bias } = layer;
  const name = bias?.name ?? biasName(weight.name);
  return [
    x,
    numbers.weight ? make(weight.name, numbers.weight, weight.role) : weight,
    ...(numbers.bias ? [make(name, numbers.bias, bias?.role ?? weight.role)] : bias ? [bias] : []),
  ];
}

/**
 * Whether a layer may have other numbers: always in float32. In float16 none may become infinite, and no output's largest weight may
 * lose digits by being smaller than 2⁻¹⁴; where the numbers aren't at hand, it is unknown.
 */
export function holds(
  { weight }: LinearLayer,
  numbers: { readonly weight?: WeightExpr; readonly bias?: WeightExpr },
): boolean {
  if (weight.type.dtype !== "float16") return true;
  const largest = (data: WeightExpr | undefined, outputs: number): Float64Array | undefined =>
    data === undefined ? new Float64Array() : largestOfEach(data, outputs);
  const weights = largest(numbers.weight, weight.data.dims[0] ?? 1);
  const biases = largest(numbers.bias, 1);
  const isHeld = (size: number): boolean => size <= LARGEST_FLOAT16;
  return (
    weights?.every((size) => isHeld(size) && (size === 0 || size >= SMALLEST_NORMAL_FLOAT16)) === true &&
    biases?.every(isHeld) === true
  );
}

/** The largest size of the elements of each of some parts of a weight. */
function largestOfEach(data: WeightExpr, parts: number): Float64Array | undefined {
  const elements = elementsOf(data);
  if (elements === undefined) return undefined;
  const largest = new Float64Array(parts);
  const length = elements.length / parts;
  elements.forEach((element, i) => {
    const part = Math.floor(i / length);
    // NaN is no number that a layer may have either.
    largest[part] = Math.max(largest[part] ?? 0, Math.abs(element));
  });
  return largest;
}

/** `stem.conv.weight` → `stem.conv.bias` */
export function biasName(weightName: string): string {
  return `${weightName.replace(/\.weight$/, "")}.bias`;
}

/**
 * A parameter that is broadcast to a tensor of `rank` axes, as one number, or as one for each position of the axis 1: [] or
 * [channels]. Undefined where it has more than that, or makes the tensor larger.
 */
export function perChannel(
  { type, data }: Parameter,
  rank: number,
  channels: number,
): WeightExpr | undefined {
  const parameter = { dtype: type.dtype, data };
  const { dims } = data;
  if (dims.length > rank) return undefined;
  const ones = dims.map(() => 1);
  if (sameDims(dims, ones)) return withSizes(parameter, []);
  const axis = 1 - (rank - dims.length);
  if (axis < 0) return undefined;
  return sameDims(dims, ones.with(axis, channels)) ? withSizes(parameter, [channels]) : undefined;
}

/** One number for each output, of one for all of them. */
export function spread(numbers: WeightExpr, channels: number): WeightExpr {
  return numbers.dims.length > 0 ? numbers : binaryWeight("add", constantWeight([channels], 0), numbers);
}

/** The elements of a weight under other sizes. */
export function withSizes({ dtype, data }: TypedWeight, dims: readonly number[]): WeightExpr {
  return reshapeWeight(data, dims) ?? computedWeight("reshape", [{ dtype, data }], { shape: dims }).data;
}
