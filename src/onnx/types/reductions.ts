import { productOf } from "../../ir/sizes.js";
import type { DType } from "../../ir/types.js";
import { axisIn, type Inferred, type OpenDim, open } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** The sizes after some axes became one, or went. */
function reduced(
  node: RuleNode,
  axes: readonly number[] | "unknown",
  keep: boolean,
): readonly OpenDim[] | undefined {
  const dims = node.dims(0);
  if (dims === undefined) return undefined;
  if (axes === "unknown") return keep ? dims.map(() => undefined) : undefined;
  const gone = new Set(axes.map((axis) => axisIn(axis, dims.length)));
  return keep
    ? dims.map((dim, axis) => (gone.has(axis) ? 1 : dim))
    : dims.filter((_, axis) => !gone.has(axis));
}

/** Axes are an attribute, and an input as of opset 13 (ReduceSum) or 18. Without any all are meant. */
const reduction: TypeRule = (node) => {
  const [dims, given] = [node.dims(0), node.list("axes", 1)];
  const listed = given ?? [];
  const known =
    listed === "unknown" || !listed.every((axis) => typeof axis === "number") ? "unknown" : listed;
  const all = known !== "unknown" && known.length === 0 && node.int("noop_with_empty_axes", 0) === 0;
  const axes = all ? [...(dims ?? []).keys()] : (known as readonly number[] | "unknown");
  return [{ dtype: node.dtype(0), dims: reduced(node, axes, node.int("keepdims", 1) !== 0) }];
};

const position: TypeRule = (node) => [
  { dtype: "int64", dims: reduced(node, [node.int("axis", 0)], node.int("keepdims", 1) !== 0) },
];

/** Statistics have the sizes before the axis, and one for each after it. */
const layerNorm: TypeRule = (node) => {
  const dims = node.dims(0);
  const from = dims && axisIn(node.int("axis", -1), dims.length);
  const statistics: Inferred = {
    dtype: statisticsType(node),
    dims: dims?.map((dim, axis) => (axis < (from ?? 0) ? dim : 1)),
  };
  return [{ dtype: node.dtype(0), dims }, statistics, statistics];
};

/** The number of TensorProto.DataType that statistics are computed in; absent, float32. */
function statisticsType(node: RuleNode): DType {
  return node.optionalInt("stash_type") === 16 ? "bfloat16" : "float32";
}

/** In training running statistics come too; before opset 14 those of the batch. */
const batchNorm: TypeRule = (node) => {
  const statistics: Inferred = { dtype: node.dtype(3), dims: node.dims(3) };
  return [{ dtype: node.dtype(0), dims: node.dims(0) }, statistics, statistics, statistics, statistics];
};

const none: Inferred = { dtype: "float32", dims: [] };

/** The loss of each element, or one number of all; its type is that of the scores. */
const loss: TypeRule = (node) => {
  const scalar = { ...none, dtype: node.dtype(0) };
  const scores = node.input(0);
  if (node.string("reduction", "mean") !== "none") return [scalar, scores];
  return [{ dtype: node.dtype(0), dims: node.dims(1) }, scores];
};

/**
 * Operators that make one number of many.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const REDUCTIONS: TypeRules = {
  ...rulesFor(
    `ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare`,
    reduction,
  ),
  ...rulesFor("ArgMax ArgMin", position),
  ...rulesFor("LayerNormalization RMSNormalization SimplifiedLayerNormalization", layerNorm),
  BatchNormalization: batchNorm,
  ...rulesFor("NegativeLogLikelihoodLoss SoftmaxCrossEntropyLoss", loss),
  Det: (node) => [{ dtype: node.dtype(0), dims: node.dims(0)?.slice(0, -2) }],
  Size: (node) => {
    const dims = node.dims(0);
    return [{ dtype: "int64", dims: [], values: dims && [productOf(dims)] }];
  },
  Compress: (node) => {
    const [dims, axis] = [node.dims(0), node.optionalInt("axis")];
    if (axis === undefined) return [open(node.dtype(0), 1)];
    return [
      {
        dtype: node.dtype(0),
        dims: dims?.map((dim, i) => (i === axisIn(axis, dims.length) ? undefined : dim)),
      },
    ];
  },
};
