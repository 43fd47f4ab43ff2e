import { floorQuotient, times } from "../../ir/sizes.js";
import type { Dim } from "../../ir/types.js";
import { axisIn, type OpenDim, open } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** ⌊size · scale⌋, also of a symbol where the scale or its inverse is a whole number. */
function scaled(size: Dim, scale: number | undefined): OpenDim {
  if (scale === undefined) return undefined;
  if (typeof size === "number") return Math.floor(size * scale);
  if (Number.isInteger(scale)) return times(size, scale);
  return Number.isInteger(1 / scale) ? floorQuotient(size, 1 / scale) : undefined;
}

/** Where sizes come from a run, maps of rank 3 and more keep batch and channels: these are not resized. */
function openMap(node: RuleNode, dims: readonly Dim[]): ReturnType<TypeRule> {
  const isMap = dims.length >= 3;
  return [{ dtype: node.dtype(0), dims: dims.map((dim, axis) => (isMap && axis < 2 ? dim : undefined)) }];
}

/** Scales or sizes, as of opset 18 of some axes only; `keep_aspect_ratio_policy` makes one scale of several. */
const resize: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [{ dtype: node.dtype(0) }];
  const [scalesAt, sizesAt] = node.opset < 11 ? [1, -1] : [2, 3];
  const axes = (node.ints("axes") ?? [...dims.keys()]).map((axis) => axisIn(axis, dims.length));
  const scales = node.numbers(scalesAt);
  const stretches = node.string("keep_aspect_ratio_policy", "stretch") === "stretch";
  if (scales !== undefined && scales.length > 0 && !crops(node))
    return placed(node, dims, axes, (dim, i) => scaled(dim, scales[i]));
  const sizes = sizesAt > 0 && node.has(sizesAt) ? node.values(sizesAt) : undefined;
  if (sizes === undefined || sizes.length === 0) return openMap(node, dims);
  if (stretches) return placed(node, dims, axes, (_, i) => sizes[i]);
  const [wanted, own] = [sizes, axes.map((axis) => dims[axis])];
  if (![...wanted, ...own].every((each) => typeof each === "number")) return openMap(node, dims);
  const ratios = wanted.map((size, i) => Number(size) / Number(own[i]));
  const larger = node.string("keep_aspect_ratio_policy", "") === "not_larger" ? Math.min : Math.max;
  const scale = larger(...ratios);
  return placed(node, dims, axes, (dim) => Math.floor(Number(dim) * scale + 0.5));
};

/** A region of interest is cut out first, so that scales are of that. */
function crops(node: RuleNode): boolean {
  return node.string("coordinate_transformation_mode", "half_pixel") === "tf_crop_and_resize";
}

function placed(
  node: RuleNode,
  dims: readonly Dim[],
  axes: readonly number[],
  sizeOf: (dim: Dim, index: number) => OpenDim,
): ReturnType<TypeRule> {
  const sizes = dims.map((dim, axis) => (axes.includes(axis) ? sizeOf(dim, axes.indexOf(axis)) : dim));
  return [{ dtype: node.dtype(0), dims: sizes }];
}

/** Scales are attributes before opset 9, and before 7 those of height and width alone. */
const upsample: TypeRule = (node) => {
  const dims = node.dims(0);
  if (dims === undefined) return [open(node.dtype(0), 4)];
  const two = [1, 1, node.float("height_scale", 1), node.float("width_scale", 1)];
  const scales = node.has(1) ? node.numbers(1) : (node.floats("scales") ?? two);
  if (scales === undefined) return openMap(node, dims);
  return placed(node, dims, [...dims.keys()], (dim, i) => scaled(dim, scales[i]));
};

/**
 * Operators that make maps larger and smaller.
 *
 * Source: https://onnx.ai/onnx/operators/onnx__Resize.html
 */
export const RESIZES: TypeRules = { Resize: resize, ...rulesFor("Upsample", upsample) };
