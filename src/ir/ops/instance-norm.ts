import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { elementCount, expectDims, formatType, refuse } from "../types.js";
import { standardized } from "./standardized.js";

export const instanceNorm = defineOp({
  name: "instance_norm",
  level: "primitive",
  precision: { float32: "a small variance is zero and a mean swallows what differs from it" },
  doc: "scale · (x - mean) / √(variance + epsilon) + shift, with the statistics of each channel of each image",
  source: "https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html",
  operands: ["x", "scale", "shift"],
  attributes: z.strictObject({ epsilon: z.number().positive().default(1e-5) }),
  infer([x, ...affine]) {
    const channels = x?.dims[1];
    if (x === undefined || x.dims.length < 3 || channels === undefined) {
      refuse(`x must be [N, C, ...], got ${x ? formatType(x) : "nothing"}`);
    }
    for (const each of affine) expectDims(each, [channels], "scale and shift");
    return [x];
  },
  evaluate(operands, { epsilon }) {
    const [x, scale, shift] = [operandAt(operands, 0), operandAt(operands, 1), operandAt(operands, 2)];
    const channels = operandAt(x.dims, 1);
    const places = elementCount(x.dims.slice(2));
    const data = standardized(x.data, places, epsilon).map((value, i) => {
      const c = Math.floor(i / places) % channels;
      return value * operandAt(scale.data, c) + operandAt(shift.data, c);
    });
    return [{ dims: x.dims, data }];
  },
});
