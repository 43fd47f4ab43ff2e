import { computedWeight } from "../ir/computed-weight.js";
import type { Op, OpOf, Value } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { type DType, sameDims } from "../ir/types.js";
import { identityWeight, type WeightExpr } from "../ir/weight.js";
import { foldedData, readsParametersOnly } from "./fold-batch-norm.js";
import { type LinearLayer, layerOf } from "./simplify/layers.js";

// The terms of a sum as convolutions of one map.

type Pair = readonly [height: number, width: number];

/** A term of a sum, as a convolution. */
export interface Summand {
  readonly x: Value;
  readonly kernel: Pair;
  readonly strides: Pair;
  /** Zeros above and left of the map. */
  readonly before: Pair;
  /** Left out: it is the same whatever the groups are, as its weight then follows from them. */
  readonly groups?: number;
  readonly dtype: DType;
  /** [outputs, inputs of a group, height, width] */
  weight(groups: number): WeightExpr;
  readonly bias?: WeightExpr | undefined;
}

/** A convolution that others may become a part of. */
export interface WholeConvolution extends Summand {
  readonly layer: LinearLayer & { readonly op: OpOf<"conv"> };
}

/** A convolution whose numbers are parameters; undefined for everything else. */
export function layerFrom(op: Op | undefined): WholeConvolution | undefined {
  const layer = layerOf(op);
  if (layer === undefined || !isOp(layer.op, "conv")) return undefined;
  const { strides, pads, dilations, group } = layer.op.attributes;
  const [, , height = 1, width = 1] = layer.weight.data.dims;
  if (dilations.some((dilation) => dilation !== 1)) return undefined;
  return {
    x: layer.x,
    kernel: [height, width],
    strides,
    before: [pads[0], pads[1]],
    groups: group,
    dtype: layer.weight.type.dtype,
    weight: () => layer.weight.data,
    bias: layer.bias?.data,
    layer: { ...layer, op: layer.op },
  };
}

/** A convolution, or a normalisation, which is one of its channels one by one. */
export function summandOf(op: Op | undefined): Summand | undefined {
  if (!isOp(op, "batch_norm") || !readsParametersOnly(op)) return layerFrom(op);
  const { x } = operandsOf(op);
  const same = unchanged(x);
  return (
    same && {
      ...same,
      weight: (groups) => foldedData(same.weight(groups), undefined, op).weight,
      bias: foldedData(same.weight(1), undefined, op).bias,
    }
  );
}

/** A map as it is; undefined where it is no map of known channels. */
export function unchanged(x: Value): Summand | undefined {
  const [, channels, ...sizes] = x.type.dims;
  if (typeof channels !== "number" || sizes.length !== 2) return undefined;
  return {
    x,
    kernel: [1, 1],
    strides: [1, 1],
    before: [0, 0],
    dtype: x.type.dtype,
    weight: (groups) => identityWeight(channels, channels / groups),
  };
}

/** Whether a convolution reads nothing that another one doesn't, with the same steps. */
export function mayBePartOf(part: Summand, into: WholeConvolution): boolean {
  const groups = part.groups ?? into.groups;
  return (
    part.x === into.x &&
    part.dtype === into.dtype &&
    groups === into.groups &&
    sameDims(part.strides, into.strides) &&
    ([0, 1] as const).every((axis) => {
      const start = startIn(part, into, axis);
      return start >= 0 && start + part.kernel[axis] <= into.kernel[axis];
    })
  );
}

/** Where the first tap of a part lies along an axis of the larger kernel. */
function startIn(part: Summand, into: WholeConvolution, axis: 0 | 1): number {
  return into.before[axis] - part.before[axis];
}

/** The weight of a part, with zeros around it to the size of the larger kernel. */
export function weightOver(part: Summand, into: WholeConvolution): WeightExpr {
  const data = part.weight(into.groups ?? 1);
  if (sameDims(part.kernel, into.kernel)) return data;
  const starts = ([0, 1] as const).map((axis) => startIn(part, into, axis));
  const ends = starts.map((start, axis) => (into.kernel[axis] ?? 0) - start - (part.kernel[axis] ?? 0));
  const attributes = { before: [0, 0, ...starts], after: [0, 0, ...ends] };
  return computedWeight("pad", [{ dtype: part.dtype, data }], attributes).data;
}
