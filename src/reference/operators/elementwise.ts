import { roundToFloat16 } from "../../base/float16.js";
import { broadcastDims, broadcastTensor, combineTensors } from "../../ir/ops/broadcast.js";
import { erfOf } from "../../ir/ops/error-function.js";
import type { Tensor } from "../../ir/tensor.js";
import { type DType, refuse } from "../../ir/types.js";
import { type Evaluator, filled, type OperatorNode, tensorOf } from "./node.js";

// Operators on every element by itself, of whatever element type: https://onnx.ai/onnx/operators/

/** The whole number next to x; of two, the even one. */
export function roundedToEven(x: number): number {
  const down = Math.floor(x);
  const rest = x - down;
  if (rest !== 0.5) return rest < 0.5 ? down : down + 1;
  return down % 2 === 0 ? down : down + 1;
}

export function isWhole(dtype: DType): boolean {
  return /^u?int|^bool$/.test(dtype);
}

const each =
  (apply: (x: number) => number): Evaluator =>
  (node) => {
    const { dims, data } = node.input(0);
    return [tensorOf(dims, Float64Array.from(data, apply))];
  };

const two =
  (apply: (a: number, b: number, node: OperatorNode) => number): Evaluator =>
  (node) => [combineTensors(wide(node.input(0)), wide(node.input(1)), (a, b) => apply(a, b, node))];

const several =
  (apply: (a: number, b: number) => number): Evaluator =>
  ({ inputs }) => [inputs.map(wide).reduce((all, more) => combineTensors(all, more, apply))];

/** In float64, whatever the operand is held in: two of an operator may be held otherwise. */
function wide({ dims, data }: Tensor): Tensor {
  return { dims, data: data instanceof Float64Array ? data : new Float64Array(data) };
}

const truth = (test: (a: number, b: number) => boolean): Evaluator => two((a, b) => Number(test(a, b)));

/** The ranges of whole numbers; what is beyond wraps around, as in C. */
const BITS: { readonly [dtype: string]: readonly [bits: number, signed: boolean] } = {
  int8: [8, true],
  uint8: [8, false],
  int16: [16, true],
  uint16: [16, false],
  int32: [32, true],
  uint32: [32, false],
};

/** The least and the largest number of a type of whole numbers. Refuses others. */
export function rangeOf(dtype: DType): readonly [least: number, most: number] {
  const [bits, signed] = BITS[dtype] ?? refuse(`${dtype} has no range that is known`);
  return signed ? [-(2 ** (bits - 1)), 2 ** (bits - 1) - 1] : [0, 2 ** bits - 1];
}

/** x as an element of another type. */
export function castTo(dtype: DType): (x: number) => number {
  switch (dtype) {
    case "float64":
      return (x) => x;
    case "float32":
      return Math.fround;
    case "float16":
      return roundToFloat16;
    case "bool":
      return (x) => Number(x !== 0);
    case "int64":
      return Math.trunc;
    default: {
      const [least, most] = rangeOf(dtype);
      const count = most - least + 1;
      return (x) => Math.trunc(x) - count * Math.floor((Math.trunc(x) - least) / count);
    }
  }
}

const cast: Evaluator = (node) => each(castTo(node.resultType()))(node);

const clip: Evaluator = (node) => {
  const bound = (index: number, name: string, absent: number): number =>
    node.optional(index)?.data[0] ?? node.number(name, absent);
  const [low, high] = [bound(1, "min", -Infinity), bound(2, "max", Infinity)];
  return each((x) => Math.min(Math.max(x, low), high))(node);
};

const where: Evaluator = (node) => {
  const [condition, x, y] = [node.input(0), node.input(1), node.input(2)];
  const dims = broadcastDims(broadcastDims(condition.dims, x.dims), y.dims) as readonly number[];
  const [holds, a, b] = [condition, x, y].map((each) => broadcastTensor(each, dims).data);
  return [filled(dims, (_, i) => (holds?.[i] ? a : b)?.[i] ?? 0)];
};

const divide = two((a, b, node) => (isWhole(node.input(0).dtype) ? Math.trunc(a / b) : a / b));

const modulo = two((a, b, node) => {
  const rest = a % b;
  return node.number("fmod", 0) === 1 || rest === 0 || rest < 0 === b < 0 ? rest : rest + b;
});

const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const isInfinite: Evaluator = (node) => {
  const [up, down] = [node.number("detect_positive", 1), node.number("detect_negative", 1)];
  return each((x) => Number((x === Infinity && up === 1) || (x === -Infinity && down === 1)))(node);
};

const prelu: Evaluator = (node) => [
  combineTensors(wide(node.input(0)), wide(node.input(1)), (x, slope) => (x < 0 ? slope * x : x)),
];

const mean: Evaluator = (node) => {
  const [sum] = several((a, b) => a + b)(node);
  const { dims, data } = sum ?? refuse("it has no input");
  return [
    tensorOf(
      dims,
      Float64Array.from(data, (x) => x / node.inputs.length),
    ),
  ];
};

const withAlpha =
  (absent: number, apply: (x: number, alpha: number) => number): Evaluator =>
  (node) => {
    const alpha = node.number("alpha", absent);
    return each((x) => apply(x, alpha))(node);
  };

const selu: Evaluator = (node) => {
  const [alpha, gamma] = [node.number("alpha", 1.6732632423543772), node.number("gamma", 1.0507009873554805)];
  return each((x) => gamma * (x > 0 ? x : alpha * Math.expm1(x)))(node);
};

const gelu: Evaluator = (node) => {
  const isTanh = node.string("approximate", "none") === "tanh";
  const inner = (x: number): number =>
    isTanh ? Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)) : erfOf(x / Math.SQRT2);
  return each((x) => 0.5 * x * (1 + inner(x)))(node);
};

/** Towards zero by `bias`, and zero within `lambd` of it. */
const shrink: Evaluator = (node) => {
  const [bias, limit] = [node.number("bias", 0), node.number("lambd", 0.5)];
  return each((x) => (x < -limit ? x + bias : x > limit ? x - bias : 0))(node);
};

/** Whole numbers without a sign, times or by a power of two; what is beyond their range is lost. */
const bitShift: Evaluator = (node) => {
  const isLeft = node.string("direction", "") === "LEFT";
  const shift = (a: number, b: number): number => (isLeft ? a * 2 ** b : Math.floor(a / 2 ** b));
  if (node.resultType() !== "uint64") {
    const range = rangeOf(node.resultType())[1] + 1;
    return two((a, b) => shift(a, b) % range)(node);
  }
  return two((a, b) => {
    const shifted = shift(a, b);
    return shifted <= Number.MAX_SAFE_INTEGER ? shifted : refuse("its numbers are not exact in float64");
  })(node);
};

export const elementwise: Readonly<Record<string, Evaluator>> = {
  Abs: each(Math.abs),
  Acos: each(Math.acos),
  Acosh: each(Math.acosh),
  Add: two((a, b) => a + b),
  And: truth((a, b) => a !== 0 && b !== 0),
  Asin: each(Math.asin),
  Asinh: each(Math.asinh),
  Atan: each(Math.atan),
  Atanh: each(Math.atanh),
  BitShift: bitShift,
  Cast: cast,
  CastLike: cast,
  Ceil: each(Math.ceil),
  Celu: withAlpha(1, (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x / alpha))),
  Clip: clip,
  Cos: each(Math.cos),
  Cosh: each(Math.cosh),
  Div: divide,
  Elu: withAlpha(1, (x, alpha) => (x > 0 ? x : alpha * Math.expm1(x))),
  Equal: truth((a, b) => a === b),
  Erf: each(erfOf),
  Exp: each(Math.exp),
  Floor: each(Math.floor),
  Gelu: gelu,
  Greater: truth((a, b) => a > b),
  GreaterOrEqual: truth((a, b) => a >= b),
  Identity: each((x) => x),
  IsInf: isInfinite,
  IsNaN: each((x) => Number(Number.isNaN(x))),
  LeakyRelu: withAlpha(0.01, (x, alpha) => (x < 0 ? alpha * x : x)),
  Less: truth((a, b) => a < b),
  LessOrEqual: truth((a, b) => a <= b),
  Log: each(Math.log),
  Max: several(Math.max),
  Mean: mean,
  Min: several(Math.min),
  Mish: each((x) => x * Math.tanh(softplus(x))),
  Mod: modulo,
  Mul: two((a, b) => a * b),
  Neg: each((x) => -x),
  Not: each((x) => Number(x === 0)),
  Or: truth((a, b) => a !== 0 || b !== 0),
  Pow: two((a, b) => (a === 1 ? 1 : a ** b)),
  PRelu: prelu,
  Reciprocal: each((x) => 1 / x),
  Relu: each((x) => Math.max(x, 0)),
  Round: each(roundedToEven),
  Selu: selu,
  Shrink: shrink,
  Sigmoid: each((x) => 1 / (1 + Math.exp(-x))),
  Sign: each(Math.sign),
  Sin: each(Math.sin),
  Sinh: each(Math.sinh),
  Softplus: each(softplus),
  Softsign: each((x) => x / (1 + Math.abs(x))),
  Sqrt: each(Math.sqrt),
  Sub: two((a, b) => a - b),
  Sum: several((a, b) => a + b),
  Tan: each(Math.tan),
  Tanh: each(Math.tanh),
  ThresholdedRelu: withAlpha(1, (x, alpha) => (x > alpha ? x : 0)),
  Where: where,
  Xor: truth((a, b) => (a !== 0) !== (b !== 0)),
};
