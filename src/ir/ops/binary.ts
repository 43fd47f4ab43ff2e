import * as z from "zod";
import { defineOp, type OpDefinition, type Precision } from "../op.js";
import { operandAt, type Tensor } from "../tensor.js";
import { type Dim, elementCount, type TensorType, tensorType } from "../types.js";
import { broadcastDims, combineTensors } from "./broadcast.js";

const NO_ATTRIBUTES = z.strictObject({});

/** An op on two tensors, element by element, with NumPy's broadcasting. */
export function defineBinary<const N extends string>(op: {
  name: N;
  doc: string;
  source: string;
  precision: Precision;
  apply: (a: number, b: number) => number;
  /** The same of sizes, undefined where it is no size; an op that has it takes int64 tensors too. */
  ofSizes?: (a: Dim, b: Dim) => Dim | undefined;
}): OpDefinition<N, typeof NO_ATTRIBUTES> {
  const { apply, ofSizes, ...rest } = op;
  return defineOp({
    ...rest,
    level: "primitive",
    operands: ["a", "b"],
    attributes: NO_ATTRIBUTES,
    ...(ofSizes && { takesIntegers: true }),
    infer(operands) {
      const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
      return [tensorType(broadcastDims(a.dims, b.dims), a.dtype)];
    },
    values(operands) {
      const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
      if (ofSizes === undefined || a.values === undefined || b.values === undefined) return undefined;
      const { values: left } = a;
      const { values: right } = b;
      const values: (Dim | undefined)[] = [];
      combineTensors(placesOf(a), placesOf(b), (i, j) =>
        values.push(ofSizes(operandAt(left, i), operandAt(right, j))),
      );
      return values.every((value) => value !== undefined) ? values : undefined;
    },
    evaluate: (operands) => [combineTensors(operandAt(operands, 0), operandAt(operands, 1), apply)],
  });
}

/** A tensor of those sizes whose elements are their own places. */
function placesOf({ dims }: TensorType): Tensor {
  const sizes = dims as readonly number[];
  return { dims: sizes, data: Float64Array.from({ length: elementCount(sizes) }, (_, place) => place) };
}
