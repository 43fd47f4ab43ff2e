import { combineTensors } from "../../ir/ops/broadcast.js";
import { linearOps } from "../../ir/ops/linear.js";
import type { Tensor } from "../../ir/tensor.js";
import { refuse } from "../../ir/types.js";
import { type Evaluator, filled, tensorOf } from "./node.js";

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

/** By elimination, the largest number of a column first. */
const determinant: Evaluator = (node) => {
  const { dims, data } = node.input(0);
  const size = dims.at(-1) ?? 1;
  if (dims.at(-2) !== size) refuse("its matrices are not square");
  const outer = dims.slice(0, -2);
  return [
    filled(outer, (_, i) => {
      const rows = Array.from({ length: size }, (_, row) => [
        ...data.subarray((i * size + row) * size, (i * size + row + 1) * size),
      ]);
      let product = 1;
      for (let column = 0; column < size; column++) {
        const sizeOf = (row: readonly number[] | undefined): number => Math.abs(row?.[column] ?? 0);
        let best = column;
        for (let row = column + 1; row < size; row++) if (sizeOf(rows[row]) > sizeOf(rows[best])) best = row;
        const [pivot = [], first = []] = [rows[best], rows[column]];
        [rows[column], rows[best]] = [pivot, first];
        product *= (best === column ? 1 : -1) * (pivot[column] ?? 0);
        if (product === 0) return 0;
        for (const row of rows.slice(column + 1)) {
          const factor = (row[column] ?? 0) / (pivot[column] ?? 1);
          for (let k = column; k < size; k++) row[k] = (row[k] ?? 0) - factor * (pivot[k] ?? 0);
        }
      }
      return product;
    }),
  ];
};

export const products: Readonly<Record<string, Evaluator>> = {
  Det: determinant,
  Gemm: gemm,
  MatMul: (node) => [product(node.input(0), node.input(1))],
};
