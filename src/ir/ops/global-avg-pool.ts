import * as z from "zod";
import { defineOp } from "../op.js";
import { nchw, operandAt, zeros } from "../tensor.js";
import { featureMap, tensorType } from "../types.js";

export const globalAvgPool = defineOp({
  name: "global_avg_pool",
  level: "primitive",
  doc: "[N, C, H, W] to [N, C, 1, 1]: the mean over H and W",
  source: "https://onnx.ai/onnx/operators/onnx__GlobalAveragePool.html",
  operands: ["x"],
  attributes: z.strictObject({}),
  infer([x]) {
    const [n, channels] = featureMap(x, "x");
    return [tensorType([n, channels, 1, 1], x?.dtype)];
  },
  evaluate(operands) {
    const x = operandAt(operands, 0);
    const [n, channels, height, width] = nchw(x);
    const y = zeros([n, channels, 1, 1]);
    for (let i = 0; i < y.data.length; i++) {
      let sum = 0;
      for (let p = 0; p < height * width; p++) sum += x.data[i * height * width + p] as number;
      y.data[i] = sum / (height * width);
    }
    return [y];
  },
});
