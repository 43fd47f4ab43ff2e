import type { Value } from "../../ir/graph.js";
import type { Backward, GradientRules } from "../rule.js";
import type { ValueMath } from "../value-math.js";

/** A function of each element on the way back. */
type OfEach = Pick<Backward<"relu">, "operands" | "y" | "dy" | "math" | "give">;

/** The rule of a function of each element, by its slope. */
function slope(at: (x: Value, math: ValueMath, y: Value) => Value): (step: OfEach) => void {
  return ({ operands: { x }, y, dy, math, give }) => give(x, () => math.times(dy, at(x, math, y)));
}

/** 1 where 0 < y < 1, else 0. */
function isBetween(y: Value, math: ValueMath): Value {
  return math.times(math.isPositive(y), math.isPositive(math.oneMinus(y)));
}

/** `above` where x > 0, else `below`. */
function split(x: Value, math: ValueMath, below: Value): Value {
  const side = math.isPositive(x);
  return math.plus(side, math.times(math.oneMinus(side), below));
}

/** 1 - y² */
function tanhSlope(y: Value, math: ValueMath): Value {
  return math.oneMinus(math.times(y, y));
}

/** Derivatives of activations. */
export const activationRules = {
  relu: slope((_x, math, y) => math.isPositive(y)),
  sigmoid: slope((_x, math, y) => math.times(y, math.oneMinus(y))),
  tanh: slope((_x, math, y) => tanhSlope(y, math)),
  hard_sigmoid: slope((_x, math, y) => math.scaled(isBetween(y, math), 1 / 6)),
  sloped_hard_sigmoid: ({ operands: { x }, attributes, y, dy, math, give }) =>
    give(x, () => math.times(dy, math.scaled(isBetween(y, math), attributes.slope))),
  hard_swish: slope((x, math) => {
    const gate = math.op("hard_sigmoid", [x], {});
    return math.plus(gate, math.scaled(math.times(x, isBetween(gate, math)), 1 / 6));
  }),
  softplus: slope((x, math) => math.op("sigmoid", [x], {})),
  mish: slope((x, math) => {
    const bent = math.op("tanh", [math.op("softplus", [x], {})], {});
    const rise = math.times(tanhSlope(bent, math), math.op("sigmoid", [x], {}));
    return math.plus(bent, math.times(x, rise));
  }),
  leaky_relu: ({ operands: { x }, attributes, dy, math, give }) =>
    give(x, () => math.times(dy, split(x, math, math.number(attributes.slope)))),
  elu: ({ operands: { x }, attributes: { scale }, y, dy, math, give }) =>
    give(x, () => math.times(dy, split(x, math, math.shifted(y, scale)))),
  celu: ({ operands: { x }, attributes: { scale }, y, dy, math, give }) =>
    give(x, () => math.times(dy, split(x, math, math.shifted(math.scaled(y, 1 / scale), 1)))),
  prelu({ operands: { x, slope: by }, dy, math, give }) {
    give(x, () => math.times(dy, split(x, math, by)));
    give(by, () => math.times(dy, math.times(x, math.oneMinus(math.isPositive(x)))));
  },

  softmax: ({ operands: { x }, attributes: { axis }, y, dy, math, give }) =>
    give(x, () => math.times(y, math.minus(dy, math.sum(math.times(dy, y), [axis])))),
  log_softmax: ({ operands: { x }, attributes: { axis }, y, dy, math, give }) =>
    give(x, () => math.minus(dy, math.times(math.op("exp", [y], {}), math.sum(dy, [axis])))),
} as const satisfies GradientRules;
