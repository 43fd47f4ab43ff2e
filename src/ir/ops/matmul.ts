import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, zeros } from "../tensor.js";
import {
  concreteDims,
  type Dim,
  elementCount,
  formatType,
  refuse,
  type TensorType,
  tensorType,
} from "../types.js";
import { broadcastDims } from "./broadcast.js";

/**
 * Multiply-accumulates of ONNX's MatMul, whose operands may have one axis too. The axis that is summed over is whole in one
 * operand at least where the other has it as the axis of the batch, which is counted for one image.
 */
export function matmulMacs(a: readonly number[], b: readonly number[]): number {
  const outer = broadcastDims(a.slice(0, -2), b.slice(0, -2)) as readonly number[];
  const rows = a.at(-2) ?? 1;
  const columns = b.length > 1 ? (b.at(-1) ?? 1) : 1;
  const inner = Math.max(a.at(-1) ?? 1, b.at(-2) ?? b.at(-1) ?? 1);
  return elementCount(outer) * rows * inner * columns;
}

/** A product of matrices, of which one may be a layer's weights. */
export const matmul = defineOp({
  name: "matmul",
  level: "primitive",
  precision: { float32: "it sums over all channels or places of a map, with weights that are small shares" },
  doc: "y[…,i,j] = Σₖ a[…,i,k] · b[…,k,j]; the axes before the last two are broadcast",
  source: "https://onnx.ai/onnx/operators/onnx__MatMul.html",
  operands: ["a", "b"],
  attributes: z.strictObject({}),
  infer(operands) {
    const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
    const [rows, inner] = lastTwo(a);
    const [taken, columns] = lastTwo(b);
    if (inner !== taken) refuse(`a has ${inner} columns, b has ${taken} rows`);
    return [tensorType([...broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2)), rows, columns], a.dtype)];
  },
  cost([a, b]) {
    return { macs: matmulMacs(concreteDims(a?.dims ?? []), concreteDims(b?.dims ?? [])) };
  },
  evaluate(operands) {
    const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
    const [rows, inner] = [operandAt(a.dims, a.dims.length - 2), operandAt(a.dims, a.dims.length - 1)];
    const columns = operandAt(b.dims, b.dims.length - 1);
    const outer = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2)) as number[];
    const y = zeros([...outer, rows, columns], a);
    const matrices = y.data.length / (rows * columns);
    for (let matrix = 0; matrix < matrices; matrix++) {
      const fromA = matrixAt(matrix, outer, a.dims.slice(0, -2)) * rows * inner;
      const fromB = matrixAt(matrix, outer, b.dims.slice(0, -2)) * inner * columns;
      for (let row = 0; row < rows; row++) {
        const target = (matrix * rows + row) * columns;
        for (let k = 0; k < inner; k++) {
          const factor = operandAt(a.data, fromA + row * inner + k);
          for (let column = 0; column < columns; column++) {
            y.data[target + column] =
              operandAt(y.data, target + column) + factor * operandAt(b.data, fromB + k * columns + column);
          }
        }
      }
    }
    return [y];
  },
});

function lastTwo(type: TensorType): readonly [rows: Dim, columns: Dim] {
  const [rows, columns] = type.dims.slice(-2);
  if (rows === undefined || columns === undefined) refuse(`a matrix has two axes, got ${formatType(type)}`);
  return [rows, columns];
}

/** Which matrix of an operand takes part in the result's matrix of that number. */
function matrixAt(matrix: number, outer: readonly number[], dims: readonly number[]): number {
  let rest = matrix;
  let at = 0;
  let step = 1;
  for (let axis = outer.length - 1; axis >= 0; axis--) {
    const index = rest % operandAt(outer, axis);
    rest = Math.floor(rest / operandAt(outer, axis));
    const own = dims[axis - outer.length + dims.length] ?? 1;
    if (own > 1) at += index * step;
    step *= own;
  }
  return at;
}
