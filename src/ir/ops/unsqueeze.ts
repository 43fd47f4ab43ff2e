import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import type { Dim } from "../types.js";
import { tensorType } from "../types.js";
import { axesAttribute, checkAxes } from "./axes.js";

export const unsqueeze = defineOp({
  name: "unsqueeze",
  level: "primitive",
  precision: "half",
  doc: "x with more axes, of size 1, at some places of the result",
  source: "https://onnx.ai/onnx/operators/onnx__Unsqueeze.html",
  operands: ["x"],
  attributes: z.strictObject({ axes: axesAttribute }),
  takesIntegers: true,
  moves: true,
  infer(operands, { axes }) {
    const x = operandAt(operands, 0);
    checkAxes(axes, x.dims.length + axes.length);
    return [tensorType(withOnes(x.dims, axes), x.dtype)];
  },
  evaluate(operands, { axes }) {
    const x = operandAt(operands, 0);
    return [{ dims: withOnes(x.dims, axes), data: x.data }];
  },
});

function withOnes<D extends Dim>(dims: readonly D[], axes: readonly number[]): readonly (D | 1)[] {
  const rest = [...dims];
  return Array.from({ length: dims.length + axes.length }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.shift() as D),
  );
}
