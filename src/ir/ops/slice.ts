import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import { refuse, tensorType } from "../types.js";

export const slice = defineOp({
  name: "slice",
  level: "primitive",
  precision: "half",
  doc: "the part of x from start to before end along an axis",
  source: "https://onnx.ai/onnx/operators/onnx__Slice.html (one axis, step 1)",
  operands: ["x"],
  attributes: z.strictObject({ axis: z.int().min(0), start: z.int().min(0), end: z.int().min(1) }),
  takesIntegers: true,
  moves: true,
  infer(operands, { axis, start, end }) {
    const x = operandAt(operands, 0);
    const size = x.dims[axis];
    if (typeof size !== "number") refuse(`x has no axis ${axis} of known size`);
    if (start >= end || end > size) refuse(`${start} to ${end} is no part of an axis of ${size}`);
    return [
      tensorType(
        x.dims.map((dim, i) => (i === axis ? end - start : dim)),
        x.dtype,
      ),
    ];
  },
  evaluate(operands, { axis, start, end }) {
    const x = operandAt(operands, 0);
    const y = zeros(
      x.dims.map((dim, i) => (i === axis ? end - start : dim)),
      x,
    );
    const inner = x.dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
    const [from, to] = [operandAt(x.dims, axis) * inner, (end - start) * inner];
    for (let row = 0; row * to < y.data.length; row++) {
      const first = row * from + start * inner;
      y.data.set(x.data.subarray(first, first + to), row * to);
    }
    return [y];
  },
});
