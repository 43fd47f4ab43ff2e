import type { Op, Value } from "../../../ir/graph.js";
import { isOp } from "../../../ir/rewrite.js";
import type { Producers } from "../dataflow.js";
import { scalarOf } from "../weights.js";
import type { Idiom } from "./idiom.js";

/**
 *     1 / (1 + exp(-u))                 by Div, Reciprocal or Pow      →  sigmoid(u)
 *     exp(u) / (1 + exp(u))                                            →  sigmoid(u)
 */
export const sigmoidOfExponential: Idiom = (op, context) => {
  const fraction = fractionOf(op);
  const exponential = fraction && besidesOne(context.producer(fraction.denominator));
  const exp = exponential && context.producer(exponential);
  const [exponent] = isOp(exp, "exp") ? exp.operands : [];
  if (fraction === undefined || exponent === undefined) return undefined;
  const { numerator } = fraction;
  const isOne = numerator === undefined || scalarOf(numerator) === 1;
  const u = isOne ? negatedIn(exponent, context) : numerator === exponential ? exponent : undefined;
  return u && context.op("sigmoid", [u], {});
};

/** (tanh(u / 2) + 1) / 2,  tanh(u / 2) / 2 + 1/2   →  sigmoid(u) */
export const sigmoidOfTanh: Idiom = (op, context) => {
  const [a, b] = isOp(op, "add") ? op.operands : [];
  const product = scalarOf(b) === 0.5 ? a : scalarOf(a) === 0.5 ? b : undefined;
  const sum = halved(op);
  const tanh = product ? halved(context.producer(product)) : sum && besidesOne(context.producer(sum));
  const inner = tanh && context.producer(tanh);
  const [half] = isOp(inner, "tanh") ? inner.operands : [];
  const u = half && halved(context.producer(half));
  return u && context.op("sigmoid", [u], {});
};

/** u of a value that is u / 2. */
function halved(op: Op | undefined): Value | undefined {
  const [a, b] = op?.operands ?? [];
  if (isOp(op, "div")) return scalarOf(b) === 2 ? a : undefined;
  if (!isOp(op, "mul")) return undefined;
  if (scalarOf(b) === 0.5) return a;
  return scalarOf(a) === 0.5 ? b : undefined;
}

/** numerator / denominator; without a numerator it is 1. */
function fractionOf(op: Op): { readonly numerator?: Value; readonly denominator: Value } | undefined {
  const [a, b] = op.operands;
  if (a === undefined) return undefined;
  if (isOp(op, "reciprocal")) return { denominator: a };
  if (isOp(op, "pow")) return scalarOf(b) === -1 ? { denominator: a } : undefined;
  return isOp(op, "div") && b !== undefined ? { numerator: a, denominator: b } : undefined;
}

/** What 1 is added to. */
function besidesOne(sum: Op | undefined): Value | undefined {
  const [a, b] = isOp(sum, "add") ? sum.operands : [];
  if (scalarOf(b) === 1) return a;
  return scalarOf(a) === 1 ? b : undefined;
}

/** u of a value that is -u. */
function negatedIn(value: Value, context: Producers): Value | undefined {
  const op = context.producer(value);
  const [a, b] = op?.operands ?? [];
  if (isOp(op, "neg")) return a;
  if (isOp(op, "sub")) return scalarOf(a) === 0 ? b : undefined;
  const isMinus = (factor: Value | undefined): boolean => scalarOf(factor) === -1;
  if (isOp(op, "div")) return isMinus(b) ? a : undefined;
  if (!isOp(op, "mul")) return undefined;
  return isMinus(b) ? a : isMinus(a) ? b : undefined;
}
