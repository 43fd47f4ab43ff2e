import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { formatType, refuse, tensorType } from "../types.js";
import { axesAttribute, checkAxes } from "./axes.js";

export const squeeze = defineOp({
  name: "squeeze",
  level: "primitive",
  precision: "half",
  doc: "x without some axes, which have the size 1",
  source: "https://onnx.ai/onnx/operators/onnx__Squeeze.html",
  operands: ["x"],
  attributes: z.strictObject({ axes: axesAttribute }),
  takesIntegers: true,
  moves: true,
  infer(operands, { axes }) {
    const x = operandAt(operands, 0);
    checkAxes(axes, x.dims.length);
    for (const axis of axes) {
      if (x.dims[axis] !== 1) refuse(`axis ${axis} of ${formatType(x)} does not have the size 1`);
    }
    return [tensorType(without(x.dims, axes), x.dtype)];
  },
  evaluate(operands, { axes }) {
    const x = operandAt(operands, 0);
    return [{ dims: without(x.dims, axes), data: x.data }];
  },
});

function without<D>(dims: readonly D[], axes: readonly number[]): readonly D[] {
  return dims.filter((_, axis) => !axes.includes(axis));
}
