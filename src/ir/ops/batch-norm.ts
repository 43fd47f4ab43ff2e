import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { elementCount, expectDims, formatType, refuse } from "../types.js";

export const batchNorm = defineOp({
  name: "batch_norm",
  level: "primitive",
  precision: { float32: "a small variance is zero and a mean swallows what differs from it" },
  doc: "y = scale · (x - mean) / √(variance + epsilon) + shift, per channel, with the running statistics",
  source: "https://onnx.ai/onnx/operators/onnx__BatchNormalization.html (training_mode 0)",
  operands: ["x", "scale", "shift", "mean", "variance"],
  attributes: z.strictObject({
    epsilon: z.number().positive().default(1e-5),
    /** The share of the batch in the running statistics during training; inference ignores it. */
    momentum: z.number().min(0).max(1).default(0.1),
  }),
  infer([x, ...statistics]) {
    const channels = x?.dims[1];
    if (x === undefined || typeof channels !== "number") {
      refuse(`x must be [N, C, ...] of known C, got ${x ? formatType(x) : "nothing"}`);
    }
    for (const each of statistics) expectDims(each, [channels], "scale, shift, mean and variance");
    return [x];
  },
  evaluate(operands, { epsilon }) {
    const [x, scale, shift, mean, variance] = [0, 1, 2, 3, 4].map((i) => operandAt(operands, i)) as [
      (typeof operands)[0],
      (typeof operands)[0],
      (typeof operands)[0],
      (typeof operands)[0],
      (typeof operands)[0],
    ];
    const channels = operandAt(x.dims, 1);
    const places = elementCount(x.dims.slice(2));
    const data = x.data.map((value, i) => {
      const c = Math.floor(i / places) % channels;
      const deviation = Math.sqrt((variance.data[c] as number) + epsilon);
      return (
        ((scale.data[c] as number) * (value - (mean.data[c] as number))) / deviation +
        (shift.data[c] as number)
      );
    });
    return [{ dims: x.dims, data }];
  },
});
