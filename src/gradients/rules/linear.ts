import type { Value } from "../../ir/graph.js";
import type { GradientRules } from "../rule.js";
import { sizesOf, type ValueMath } from "../value-math.js";

/** With its last two axes exchanged. */
function turned(x: Value, math: ValueMath): Value {
  const axes = sizesOf(x).map((_, axis) => axis);
  return math.transposed(x, [...axes.slice(0, -2), ...axes.slice(-2).reverse()]);
}

function product(a: Value, b: Value, math: ValueMath): Value {
  return math.op("matmul", [a, b], {});
}

/** Derivatives of products of matrices. */
export const linearRules = {
  gemm({ operands: { x, weight, bias }, dy, math, give }) {
    give(x, () => product(dy, weight, math));
    give(weight, () => product(turned(dy, math), x, math));
    give(bias, () => dy);
  },
  general_gemm({ operands: { a, b, c }, attributes, dy, math, give }) {
    const { alpha, beta, transposeA, transposeB } = attributes;
    const asRead = (matrix: Value, isTurned: boolean): Value => (isTurned ? turned(matrix, math) : matrix);
    give(a, () => {
      const da = product(dy, asRead(b, !transposeB), math);
      return math.scaled(asRead(da, transposeA), alpha);
    });
    give(b, () => {
      const db = product(asRead(a, !transposeA), dy, math);
      return math.scaled(asRead(db, transposeB), alpha);
    });
    give(c, () => math.scaled(dy, beta));
  },
  matmul({ operands: { a, b }, dy, math, give }) {
    give(a, () => product(dy, turned(b, math), math));
    give(b, () => product(turned(a, math), dy, math));
  },
} as const satisfies GradientRules;
