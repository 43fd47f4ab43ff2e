import * as z from "zod";
import { plainOp, primitiveOp } from "../op.js";
import { floats, optional } from "../operands.js";
import { elementAt, type Numbers, type Tensor, zeros } from "../tensor.js";
import {
  concreteDims,
  type Dim,
  elementCount,
  expectDims,
  formatType,
  refuse,
  sameDims,
  type TensorType,
  tensorType,
} from "../types.js";
import { broadcastDims, combineTensors } from "./broadcast.js";
import { productWriter } from "./products.js";

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
    const index = rest % elementAt(outer, axis);
    rest = Math.floor(rest / elementAt(outer, axis));
    const own = dims[axis - outer.length + dims.length] ?? 1;
    if (own > 1) at += index * step;
    step *= own;
  }
  return at;
}

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
function readMatrix({ dims, data }: Tensor, transposed: boolean, what: string) {
  const [rows, columns] = matrix(dims, transposed, what);
  const at = (row: number, column: number): number =>
    elementAt(data, transposed ? column * rows + row : row * columns + column);
  return { rows, columns, at };
}

/** start + Σᵢ a[fromA + i] · b[fromB + i] */
function innerSum(
  start: number,
  length: number,
  a: Numbers,
  fromA: number,
  b: Numbers,
  fromB: number,
): number {
  let sum = start;
  for (let i = 0; i < length; i++) sum += (a[fromA + i] as number) * (b[fromB + i] as number);
  return sum;
}

/** Linear layers and products of matrices. */
export const linearOps = {
  gemm: primitiveOp({
    doc: "y[n,o] = bias[o] + Σᵢ weight[o,i] · x[n,i]: the linear layer",
    source: "https://onnx.ai/onnx/operators/onnx__Gemm.html (transB 1)",
    precision: "half",
    operands: { x: floats, weight: floats, bias: optional(floats) },
    infer({ x, weight, bias }) {
      const [n, inputs] = x.dims;
      const [outputs, taken] = weight.dims;
      if (n === undefined || x.dims.length !== 2) refuse("x must be [N, inputs]");
      if (typeof outputs !== "number" || weight.dims.length !== 2) refuse("weight must be [outputs, inputs]");
      if (taken !== inputs) refuse(`weight takes ${taken} inputs, x has ${inputs}`);
      if (bias !== undefined) expectDims(bias, [outputs], "bias");
      return tensorType([n, outputs], x.dtype);
    },
    cost: ({ x }, y) => ({ macs: elementCount(concreteDims(y.dims)) * Number(x.dims[1]) }),
    evaluate({ x, weight, bias }) {
      const [batch, inputs] = [elementAt(x.dims, 0), elementAt(x.dims, 1)];
      const outputs = elementAt(weight.dims, 0);
      const y = zeros([batch, outputs], x);
      for (let n = 0; n < batch; n++) {
        for (let o = 0; o < outputs; o++) {
          const start = bias?.data[o] ?? 0;
          y.data[n * outputs + o] = innerSum(start, inputs, weight.data, o * inputs, x.data, n * inputs);
        }
      }
      return y;
    },
  }),

  /** The product of BLAS; the linear layer, which is its usual form, is `gemm`. */
  general_gemm: primitiveOp({
    doc: "alpha · a · b + beta · c, where a and b may be transposed and c is broadcast",
    source: "https://onnx.ai/onnx/operators/onnx__Gemm.html",
    precision: "half",
    operands: { a: floats, b: floats, c: optional(floats) },
    attributes: () =>
      z.strictObject({
        alpha: z.number().default(1),
        beta: z.number().default(1),
        /** Whether a is given as its transpose. */
        transposeA: z.boolean().default(false),
        transposeB: z.boolean().default(false),
      }),
    infer({ a, b, c }, { transposeA, transposeB }) {
      const [rows, inner] = matrix(a.dims, transposeA, "a");
      const [taken, columns] = matrix(b.dims, transposeB, "b");
      if (inner !== taken) refuse(`a has ${inner} columns, b has ${taken} rows`);
      const result = tensorType([rows, columns], a.dtype);
      if (c !== undefined && !sameDims(broadcastDims(result.dims, c.dims), result.dims)) {
        refuse(`${formatType(c)} can't be broadcast to ${formatType(result)}`);
      }
      return result;
    },
    cost({ a, b }, y, { transposeA, transposeB }) {
      const [rows, columns] = concreteDims(y.dims);
      const inner = [concreteDims(a.dims)[transposeA ? 0 : 1], concreteDims(b.dims)[transposeB ? 1 : 0]];
      return { macs: matmulMacs([Number(rows), Number(inner[0])], [Number(inner[1]), Number(columns)]) };
    },
    evaluate({ a, b, c }, { alpha, beta, transposeA, transposeB }) {
      const left = readMatrix(a, transposeA, "a");
      const right = readMatrix(b, transposeB, "b");
      const y = zeros([left.rows, right.columns], a);
      for (let row = 0; row < left.rows; row++) {
        for (let column = 0; column < right.columns; column++) {
          let sum = 0;
          for (let k = 0; k < left.columns; k++) sum += left.at(row, k) * right.at(k, column);
          y.data[row * right.columns + column] = alpha * sum;
        }
      }
      return c === undefined ? y : combineTensors(y, c, (product, offset) => product + beta * offset);
    },
  }),

  /** A product of matrices, of which one may be a layer's weights. */
  matmul: plainOp({
    onnx: { operator: "MatMul" },
    precision: {
      float32: "it sums over all places of a map, with shares of it that are small",
      except: "layer",
    },
    doc: "y[…,i,j] = Σₖ a[…,i,k] · b[…,k,j]; the axes before the last two are broadcast",
    operands: { a: floats, b: floats },
    infer({ a, b }) {
      const [rows, inner] = lastTwo(a);
      const [taken, columns] = lastTwo(b);
      if (inner !== taken) refuse(`a has ${inner} columns, b has ${taken} rows`);
      return tensorType([...broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2)), rows, columns], a.dtype);
    },
    cost: ({ a, b }) => ({ macs: matmulMacs(concreteDims(a.dims), concreteDims(b.dims)) }),
    evaluate({ a, b }) {
      const [rows, inner] = [elementAt(a.dims, a.dims.length - 2), elementAt(a.dims, a.dims.length - 1)];
      const columns = elementAt(b.dims, b.dims.length - 1);
      const outer = broadcastDims(a.dims.slice(0, -2), b.dims.slice(0, -2)) as number[];
      const y = zeros([...outer, rows, columns], a);
      const size = rows * columns;
      if (y.data.length === 0 || inner === 0) return y;
      const places = Int32Array.from({ length: columns }, (_, column) => column);
      const offsets = Int32Array.from({ length: inner }, (_, k) => k * columns);
      const write = productWriter({ places, offsets, run: 1 }, rows, y.data);
      for (let at = 0; at < y.data.length; at += size) {
        const fromA = matrixAt(at / size, outer, a.dims.slice(0, -2)) * rows * inner;
        const fromB = matrixAt(at / size, outer, b.dims.slice(0, -2)) * inner * columns;
        write({
          numbers: new Float64Array(b.data.subarray(fromB, fromB + inner * columns)),
          weights: new Float64Array(a.data.subarray(fromA, fromA + rows * inner)),
          start: () => 0,
          at,
        });
      }
      return y;
    },
  }),
};
