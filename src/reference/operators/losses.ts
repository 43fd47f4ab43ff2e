import type { Tensor } from "../../ir/tensor.js";
import { elementCount, refuse } from "../../ir/types.js";
import { type Evaluator, type OperatorNode, tensorOf } from "./node.js";

// Losses over classes, of scores [N, C, …] and labels [N, …]: https://onnx.ai/onnx/operators/onnx__NegativeLogLikelihoodLoss.html and
// onnx__SoftmaxCrossEntropyLoss.html

/** What each label loses, -weight · log p(label), and their sum or weighted mean. A label that is `ignore_index` counts as nothing. */
function lossOf(node: OperatorNode, logarithms: Tensor): Tensor {
  const labels = node.input(1);
  const weights = node.optional(2)?.data;
  const ignored = node.has("ignore_index") ? node.number("ignore_index", 0) : undefined;
  const classes = logarithms.dims[1] ?? 1;
  const inner = elementCount(logarithms.dims.slice(2));
  const weightOf = (label: number): number => (label === ignored ? 0 : (weights?.[label] ?? 1));
  const losses = Float64Array.from(labels.data, (label, i) => {
    if (label === ignored) return 0;
    if (label < 0 || label >= classes) return refuse(`label ${label} is none of ${classes} classes`);
    const image = Math.floor(i / inner);
    return -weightOf(label) * (logarithms.data[(image * classes + label) * inner + (i % inner)] ?? 0);
  });
  const reduction = node.string("reduction", "mean");
  if (reduction === "none") return tensorOf(labels.dims, losses);
  // A run with the rounding of float32 rounds the sums too, of which there is one over all labels.
  const held = logarithms.data instanceof Float32Array ? Math.fround : (x: number): number => x;
  const sum = losses.reduce((all, loss) => held(all + loss), 0);
  if (reduction === "sum") return tensorOf([], [sum]);
  if (reduction !== "mean") return refuse(`reduction ${reduction} is not known`);
  const divisor = labels.data.reduce((all, label) => held(all + weightOf(label)), 0);
  return tensorOf([], [sum / divisor]);
}

/** log softmax over axis 1. */
function logSoftmax({ dims, data }: Tensor): Tensor {
  const y = data instanceof Float32Array ? new Float32Array(data.length) : new Float64Array(data.length);
  const classes = dims[1] ?? 1;
  const inner = elementCount(dims.slice(2));
  for (let row = 0; row < data.length / classes; row++) {
    const start = Math.floor(row / inner) * classes * inner + (row % inner);
    const scores = Float64Array.from({ length: classes }, (_, c) => data[start + c * inner] ?? 0);
    const most = scores.reduce((max, x) => Math.max(max, x), Number.NEGATIVE_INFINITY);
    const sum = scores.reduce((all, x) => all + Math.exp(x - most), 0);
    scores.forEach((x, c) => {
      y[start + c * inner] = x - most - Math.log(sum);
    });
  }
  return { dims, data: y };
}

export const losses: Readonly<Record<string, Evaluator>> = {
  NegativeLogLikelihoodLoss: (node) => [lossOf(node, node.input(0))],
  SoftmaxCrossEntropyLoss: (node) => {
    const logarithms = logSoftmax(node.input(0));
    return [lossOf(node, logarithms), logarithms];
  },
};
