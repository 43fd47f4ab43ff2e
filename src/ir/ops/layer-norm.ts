import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, type Tensor, zeros } from "../tensor.js";
import { elementCount, formatType, refuse, sameDims, type TensorType } from "../types.js";
import { broadcastDims, broadcastTensor } from "./broadcast.js";
import { standardized } from "./standardized.js";

export const layerNorm = defineOp({
  name: "layer_norm",
  level: "primitive",
  precision: { float32: "a small variance is zero and a mean swallows what differs from it" },
  doc: "scale · (x - mean) / √(variance + epsilon) + shift, with the statistics over an axis and all after it",
  source: "https://onnx.ai/onnx/operators/onnx__LayerNormalization.html",
  operands: ["x", "scale", "shift?"],
  attributes: z.strictObject({
    /** The first axis that the statistics are over. */
    axis: z.int().min(0),
    epsilon: z.number().positive().default(1e-5),
  }),
  infer(operands, { axis }) {
    const [x, ...affine] = operands as readonly [TensorType, ...TensorType[]];
    if (axis >= x.dims.length) refuse(`${formatType(x)} has no axis ${axis}`);
    const dims = x.dims.slice(axis);
    for (const each of affine) {
      if (!sameDims(broadcastDims(dims, each.dims), dims)) {
        refuse(`${formatType(each)} can't be broadcast to the axes of ${formatType(x)} from ${axis} on`);
      }
    }
    return [x];
  },
  evaluate([x, scale, shift], { axis, epsilon }) {
    const map = operandAt([x], 0) as Tensor;
    const { dims, data } = map;
    const inner = dims.slice(axis);
    const length = elementCount(inner);
    const [factor, offset] = [scale, shift ?? zeros([], map)].map((each) =>
      broadcastTensor(each as Tensor, inner),
    );
    const rows = standardized(data, length, epsilon);
    const y = rows.map(
      (value, i) =>
        value * operandAt(factor?.data ?? [], i % length) + operandAt(offset?.data ?? [], i % length),
    );
    return [{ dims, data: y }];
  },
});
