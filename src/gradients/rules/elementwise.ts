import type { Value } from "../../ir/graph.js";
import { isFloatType } from "../../ir/types.js";
import { type Backward, flat, type GradientRules } from "../rule.js";

/** The largest or the smallest of some operands, on the way back. */
type Extreme = Pick<Backward<"max">, "operands" | "y" | "dy" | "math" | "give">;

/** Each of the operands that the result is equal to gets an even share. */
function extreme(reaches: (step: Extreme, operand: Value) => Value): (step: Extreme) => void {
  return (step) => {
    const { operands, dy, math, give } = step;
    const all = [...new Set([operands.x, ...operands.more])];
    const shares = all.map((operand) => reaches(step, operand));
    const total = shares.reduce((sum, share) => math.plus(sum, share));
    all.forEach((operand, i) => {
      const share = shares[i];
      if (share !== undefined) give(operand, () => math.over(math.times(dy, share), total));
    });
  };
}

/** Derivatives of arithmetic, element by element. */
export const elementwiseRules = {
  abs: ({ operands: { x }, dy, math, give }) =>
    give(x, () => math.times(dy, math.shifted(math.scaled(math.isPositive(x), 2), -1))),
  ceil: flat,
  floor: flat,
  erf: ({ operands: { x }, dy, math, give }) =>
    give(x, () => {
      const bell = math.op("exp", [math.scaled(math.times(x, x), -1)], {});
      return math.scaled(math.times(dy, bell), 2 / Math.sqrt(Math.PI));
    }),
  exp: ({ operands: { x }, y, dy, math, give }) => give(x, () => math.times(dy, y)),
  log: ({ operands: { x }, dy, math, give }) => give(x, () => math.over(dy, x)),
  neg: ({ operands: { x }, dy, math, give }) => give(x, () => math.scaled(dy, -1)),
  reciprocal: ({ operands: { x }, y, dy, math, give }) =>
    give(x, () => math.scaled(math.times(dy, math.times(y, y)), -1)),
  sqrt: ({ operands: { x }, y, dy, math, give }) =>
    give(x, () => {
      // At 0 the slope is infinite; whoever takes a root of 0 has nothing to move there.
      const isRoot = math.isPositive(y);
      const divisor = math.plus(y, math.oneMinus(isRoot));
      return math.over(math.scaled(math.times(dy, isRoot), 0.5), divisor);
    }),

  add({ operands: { a, b }, dy, give }) {
    give(a, () => dy);
    give(b, () => dy);
  },
  sub({ operands: { a, b }, dy, math, give }) {
    give(a, () => dy);
    give(b, () => math.scaled(dy, -1));
  },
  mul({ operands: { a, b }, dy, math, give }) {
    give(a, () => math.times(dy, b));
    give(b, () => math.times(dy, a));
  },
  div({ operands: { a, b }, y, dy, math, give }) {
    give(a, () => math.over(dy, b));
    give(b, () => math.scaled(math.over(math.times(dy, y), b), -1));
  },
  pow({ operands: { a, b }, y, dy, math, give }) {
    give(a, () => math.times(dy, math.times(b, math.op("pow", [a, math.shifted(b, -1)], {}))));
    give(b, () => math.times(dy, math.times(y, math.op("log", [a], {}))));
  },

  max: extreme(({ y, math }, operand) => math.reaches(operand, y)),
  min: extreme(({ y, math }, operand) => math.reaches(y, operand)),
  sum({ operands: { x, more }, dy, give }) {
    for (const operand of [x, ...more]) give(operand, () => dy);
  },

  clip: ({ operands: { x }, attributes: { low, high }, dy, math, give }) =>
    give(x, () => {
      const above = math.isPositive(math.shifted(x, -low));
      const below = math.isPositive(math.minus(math.number(high), x));
      return math.times(dy, math.times(above, below));
    }),
  cast({ operands: { x }, y, dy, give }) {
    // Rounding to whole numbers is flat.
    if (isFloatType(y.type.dtype)) give(x, () => dy);
  },
} as const satisfies GradientRules;
