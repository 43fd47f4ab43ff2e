import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { formatType, refuse, sameDims } from "../types.js";
import { broadcastDims, combineTensors } from "./broadcast.js";

export const prelu = defineOp({
  name: "prelu",
  level: "primitive",
  precision: "half",
  doc: "x where it is positive, else slope · x, with slopes that were trained",
  source: "https://onnx.ai/onnx/operators/onnx__PRelu.html",
  operands: ["x", "slope"],
  attributes: z.strictObject({}),
  infer(operands) {
    const [x, slope] = [operandAt(operands, 0), operandAt(operands, 1)];
    if (!sameDims(broadcastDims(x.dims, slope.dims), x.dims)) {
      refuse(`a slope of ${formatType(slope)} can't be broadcast to ${formatType(x)}`);
    }
    return [x];
  },
  evaluate: (operands) => [
    combineTensors(operandAt(operands, 0), operandAt(operands, 1), (x, slope) => (x < 0 ? slope * x : x)),
  ],
});
