import { combineTensors } from "../../ir/ops/broadcast.js";
import { linearOps } from "../../ir/ops/linear.js";
import type { Tensor } from "../../ir/tensor.js";
import { type Evaluator, tensorOf } from "./node.js";

/** The product of matrices, or of as many as there are; a vector is one row at the left and one column at the right, as NumPy has it. */
export function product(a: Tensor, b: Tensor): Tensor {
  const [left, right] = [a.dims.length === 1, b.dims.length === 1];
  const { dims, data } = linearOps.matmul.evaluate(
    { a: left ? { ...a, dims: [1, ...a.dims] } : a, b: right ? { ...b, dims: [...b.dims, 1] } : b },
    linearOps.matmul.attributes.parse({}),
  );
  return {
    dims: dims.filter(
      (_, axis) => !(left && axis === dims.length - 2) && !(right && axis === dims.length - 1),
    ),
    data,
  };
}

/** y = alpha · a · b + beta · c, a and b transposed where that is asked for. */
const gemm: Evaluator = (node) => {
  const turned = (index: number, name: string): Tensor => {
    const x = node.input(index);
    const [rows = 1, columns = 1] = x.dims;
    if (node.number(name, 0) === 0) return x;
    return tensorOf(
      [columns, rows],
      Float64Array.from(x.data, (_, i) => x.data[(i % rows) * columns + Math.floor(i / rows)] ?? 0),
    );
  };
  const y = product(turned(0, "transA"), turned(1, "transB"));
  const [alpha, beta] = [node.number("alpha", 1), node.number("beta", 1)];
  const c = node.optional(2);
  const scaled = tensorOf(
    y.dims,
    Float64Array.from(y.data, (x) => alpha * x),
  );
  return [c === undefined ? scaled : combineTensors(scaled, c, (x, offset) => x + beta * offset)];
};

export const products: Readonly<Record<string, Evaluator>> = {
  Gemm: gemm,
  MatMul: (node) => [product(node.input(0), node.input(1))],
};
