import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt, type Tensor, zeros } from "../tensor.js";
import { concreteDims, type Dim, formatType, refuse, sameDims, tensorType } from "../types.js";
import { broadcastDims, combineTensors } from "./broadcast.js";
import { matmulMacs } from "./matmul.js";

const attributes = z.strictObject({
  alpha: z.number().default(1),
  beta: z.number().default(1),
  /** Whether a is given as its transpose. */
  transposeA: z.boolean().default(false),
  transposeB: z.boolean().default(false),
});

/** The product of BLAS; the linear layer, which is its usual form, is `gemm`. */
export const generalGemm = defineOp({
  name: "general_gemm",
  level: "primitive",
  precision: "half",
  doc: "alpha · a · b + beta · c, where a and b may be transposed and c is broadcast",
  source: "https://onnx.ai/onnx/operators/onnx__Gemm.html",
  operands: ["a", "b", "c?"],
  attributes,
  infer(operands, { transposeA, transposeB }) {
    const [a, b] = [operandAt(operands, 0), operandAt(operands, 1)];
    const [rows, inner] = matrix(a.dims, transposeA, "a");
    const [taken, columns] = matrix(b.dims, transposeB, "b");
    if (inner !== taken) refuse(`a has ${inner} columns, b has ${taken} rows`);
    const result = tensorType([rows, columns], a.dtype);
    const [, , c] = operands;
    if (c !== undefined && !sameDims(broadcastDims(result.dims, c.dims), result.dims)) {
      refuse(`${formatType(c)} can't be broadcast to ${formatType(result)}`);
    }
    return [result];
  },
  cost([a, b], [y], { transposeA, transposeB }) {
    const [rows, columns] = concreteDims(y?.dims ?? []);
    const [left, right] = [a, b].map((operand) => concreteDims(operand?.dims ?? []));
    const inner = [left?.[transposeA ? 0 : 1], right?.[transposeB ? 1 : 0]];
    return { macs: matmulMacs([Number(rows), Number(inner[0])], [Number(inner[1]), Number(columns)]) };
  },
  evaluate([a, b, c], { alpha, beta, transposeA, transposeB }) {
    const left = readMatrix(a, transposeA, "a");
    const right = readMatrix(b, transposeB, "b");
    const y = zeros([left.rows, right.columns], operandAt([a], 0) as Tensor);
    for (let row = 0; row < left.rows; row++) {
      for (let column = 0; column < right.columns; column++) {
        let sum = 0;
        for (let k = 0; k < left.columns; k++) sum += left.at(row, k) * right.at(k, column);
        y.data[row * right.columns + column] = alpha * sum;
      }
    }
    return [c === undefined ? y : combineTensors(y, c, (product, offset) => product + beta * offset)];
  },
});

function matrix<D extends Dim>(
  dims: readonly D[],
  transposed: boolean,
  what: string,
): readonly [rows: D, columns: D] {
  const [first, second] = dims;
  if (first === undefined || second === undefined || dims.length !== 2) refuse(`${what} must have two axes`);
  return transposed ? [second, first] : [first, second];
}

/** A tensor as a matrix, transposed or not. */
function readMatrix(tensor: Tensor | undefined, transposed: boolean, what: string) {
  const { dims, data } = tensor ?? refuse(`${what} is missing`);
  const [rows, columns] = matrix(dims, transposed, what);
  const at = (row: number, column: number): number =>
    operandAt(data, transposed ? column * rows + row : row * columns + column);
  return { rows, columns, at };
}
