import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import { refuse, tensorType } from "../types.js";

export const transpose = defineOp({
  name: "transpose",
  level: "primitive",
  precision: "half",
  doc: "axis i of the result is axis permutation[i] of x",
  source: "https://onnx.ai/onnx/operators/onnx__Transpose.html",
  operands: ["x"],
  attributes: z.strictObject({ permutation: z.array(z.int().min(0)).min(1) }),
  takesIntegers: true,
  moves: true,
  infer(operands, { permutation }) {
    const x = operandAt(operands, 0);
    const axes = [...permutation].sort((a, b) => a - b);
    if (axes.length !== x.dims.length || axes.some((axis, i) => axis !== i)) {
      refuse(`[${permutation.join(", ")}] is no permutation of ${x.dims.length} axes`);
    }
    return [
      tensorType(
        permutation.map((axis) => operandAt(x.dims, axis)),
        x.dtype,
      ),
    ];
  },
  evaluate(operands, { permutation }) {
    const x = operandAt(operands, 0);
    const strides = x.dims.map((_, axis) =>
      x.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1),
    );
    const y = zeros(
      permutation.map((axis) => operandAt(x.dims, axis)),
      x,
    );
    for (let i = 0; i < y.data.length; i++) {
      let rest = i;
      let source = 0;
      for (let axis = y.dims.length - 1; axis >= 0; axis--) {
        const size = operandAt(y.dims, axis);
        source += (rest % size) * operandAt(strides, operandAt(permutation, axis));
        rest = Math.floor(rest / size);
      }
      y.data[i] = x.data[source] as number;
    }
    return [y];
  },
});
