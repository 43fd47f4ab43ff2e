import type { Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims } from "../../ir/types.js";
import type { Simplification } from "./simplification.js";

/**
 * `add(matmul(a, b), @c)  →  general_gemm(a, b, @c)`, for matrices and one number for each column of their product: Gemm is
 * a · b + c. Where something else reads the product, or is an output, both stay.
 */
export const addIntoProduct: Simplification = (op, context) => {
  const [result] = op.results;
  if (!isOp(op, "add") || result === undefined) return undefined;
  const [left, right] = op.operands;
  const of = (product: Value | undefined, c: Value | undefined): Value | undefined => {
    if (product === undefined || c?.kind !== "parameter" || !context.isReadOnce(product)) return undefined;
    const matmul = context.producer(product);
    if (!isOp(matmul, "matmul")) return undefined;
    const { a, b } = operandsOf(matmul);
    const isMatrices = a.type.dims.length === 2 && b.type.dims.length === 2;
    const fits = sameDims(product.type.dims, result.type.dims) && isRow(c, product);
    return isMatrices && fits ? context.op("general_gemm", [a, b, c], {}) : undefined;
  };
  return of(left, right) ?? of(right, left);
};

/** Whether a tensor is broadcast over the rows of a product. */
function isRow({ type: { dims } }: Value, product: Value): boolean {
  const columns = product.type.dims[1] ?? 1;
  const own = dims.at(-1) ?? 1;
  return dims.length <= 2 && (dims.length < 2 || dims[0] === 1) && (own === columns || own === 1);
}
