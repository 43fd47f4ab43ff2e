import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { tensorType } from "../types.js";

/** The ONNX operator set as of which a part of the sizes can be asked for. */
export const SHAPE_RANGE_OPSET = 15;

const attributes = z.strictObject({
  /** The first axis, counted from the end where it is negative. */
  start: z.int().default(0),
  /** The axis after the last, likewise; left out, all of the rest. */
  end: z.int().optional(),
});

export const shape = defineOp({
  name: "shape",
  level: "primitive",
  precision: "half",
  doc: "the sizes of x, or those of the axes from start to before end, as int64",
  source: "https://onnx.ai/onnx/operators/onnx__Shape.html",
  operands: ["x"],
  attributes,
  takesIntegers: true,
  infer: (operands, range) => [tensorType([asked(operandAt(operands, 0).dims, range).length], "int64")],
  values: (operands, range) => asked(operandAt(operands, 0).dims, range),
  evaluate(operands, range) {
    const sizes = asked(operandAt(operands, 0).dims, range);
    return [{ dims: [sizes.length], data: Float64Array.from(sizes) }];
  },
});

/** Axes beyond the first or last are those, as JavaScript's slice has it. */
function asked<D>(dims: readonly D[], { start, end }: z.output<typeof attributes>): readonly D[] {
  return dims.slice(start, end);
}
