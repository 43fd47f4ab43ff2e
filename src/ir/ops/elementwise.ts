import * as z from "zod";
import { roundToFloat16 } from "../../base/float16.js";
import {
  type KnownValues,
  type NoAttributes,
  type OperatorOf,
  type PlainOp,
  type Precision,
  type PrimitiveOp,
  plainOp,
  primitiveOp,
} from "../op.js";
import { floats, numbers, type Operand, rest } from "../operands.js";
import { floorQuotient, isNatural, minus, plus, times } from "../sizes.js";
import { elementAt, type Tensor } from "../tensor.js";
import { type Dim, elementCount, refuse, type TensorType, tensorType } from "../types.js";
import { added, broadcastDims, combineTensors, multiplied } from "./broadcast.js";
import { erfBySegments, erfOf } from "./error-function.js";
import { unary } from "./unary.js";

type Two = { readonly a: Operand<"one">; readonly b: Operand<"one"> };

/** An op on two tensors, element by element, with NumPy's broadcasting. */
function binary(op: {
  readonly onnx: OperatorOf<NoAttributes>;
  readonly doc: string;
  readonly precision: Precision;
  readonly apply: (a: number, b: number) => number;
  /** The same of sizes, undefined where it is no size; an op that has it takes integers too. */
  readonly ofSizes?: (a: Dim, b: Dim) => Dim | undefined;
}): PlainOp<Two, NoAttributes> {
  const { apply, ofSizes, ...facts } = op;
  const each = ofSizes === undefined ? floats : numbers;
  return plainOp({
    ...facts,
    operands: { a: each, b: each },
    infer: ({ a, b }) => tensorType(broadcastDims(a.dims, b.dims), a.dtype),
    values: ({ a, b }) => ofSizes && combinedValues(a, b, ofSizes),
    evaluate: ({ a, b }) => combineTensors(a, b, apply),
  });
}

/** The elements that an op makes of those of two tensors, where all of them are known. */
function combinedValues(
  a: TensorType,
  b: TensorType,
  combine: (a: Dim, b: Dim) => Dim | undefined,
): KnownValues {
  const [left, right] = [a.values, b.values];
  if (left === undefined || right === undefined) return undefined;
  const values: (Dim | undefined)[] = [];
  combineTensors(positionsOf(a), positionsOf(b), (i, j) =>
    values.push(combine(elementAt(left, i), elementAt(right, j))),
  );
  return values.every((value) => value !== undefined) ? values : undefined;
}

/** A tensor of those sizes whose elements are their own positions. */
function positionsOf({ dims }: TensorType): Tensor {
  const sizes = dims as readonly number[];
  return { dims: sizes, data: Float64Array.from({ length: elementCount(sizes) }, (_, position) => position) };
}

/** Integers are divided towards zero, which is ⌊a / b⌋ where neither is negative. */
function quotient(a: Dim, b: Dim): Dim | undefined {
  if (b === 0) return undefined;
  if (typeof a === "number" && typeof b === "number") return Math.trunc(a / b);
  return isNatural(a) && isNatural(b) ? floorQuotient(a, b) : undefined;
}

/** The same of sizes, where both are numbers. */
function ofNumbers(apply: (a: number, b: number) => number): (a: Dim, b: Dim) => Dim | undefined {
  return (a, b) => (typeof a === "number" && typeof b === "number" ? apply(a, b) : undefined);
}

type Several = { readonly x: Operand<"one">; readonly more: Operand<"rest"> };

/** An op on any number of tensors, element by element, with NumPy's broadcasting: a op b op c … */
function variadic(op: {
  readonly doc: string;
  readonly source: string;
  readonly precision: Precision;
  readonly apply: (a: number, b: number) => number;
  /** Whether it takes integers too. */
  readonly ofIntegers?: true;
}): PrimitiveOp<Several, NoAttributes> {
  const { apply, ofIntegers, ...facts } = op;
  const each = ofIntegers ? numbers : floats;
  return primitiveOp({
    ...facts,
    operands: { x: each, more: rest(each) },
    infer: ({ x, more }) =>
      tensorType(
        more.map(({ dims }) => dims).reduce((all, dims) => broadcastDims(all, dims), x.dims),
        x.dtype,
      ),
    values: ({ x, more }) =>
      more.reduce(
        (all: TensorType, each) =>
          tensorType(
            broadcastDims(all.dims, each.dims),
            all.dtype,
            combinedValues(all, each, ofNumbers(apply)),
          ),
        x,
      ).values,
    evaluate: ({ x, more }) => more.reduce((all, each) => combineTensors(all, each, apply), x),
  });
}

const ROUNDINGS = {
  float32: Math.fround,
  float16: roundToFloat16,
  int64: Math.trunc,
  int32: Math.trunc,
} as const;

/** Arithmetic of every element by itself, or of those that stand at the same position. */
export const elementwise = {
  abs: unary({ onnx: { operator: "Abs" }, doc: "|x|", precision: "half", apply: Math.abs }),
  ceil: unary({
    onnx: { operator: "Ceil" },
    doc: "the next whole number that is not smaller",
    precision: "half",
    apply: Math.ceil,
  }),
  erf: unary({
    onnx: { operator: "Erf", since: 9 },
    doc: "2/√π · ∫₀ˣ exp(-t²) dt",
    precision: "half",
    apply: erfOf,
    loop(x, y, from, to) {
      for (let i = from; i < to; i++) y[i] = erfBySegments(x[i] as number);
    },
  }),
  exp: unary({
    onnx: { operator: "Exp" },
    doc: "exp(x)",
    precision: { float32: "beyond 11 it is infinite, and small differences of large results vanish" },
    apply: Math.exp,
  }),
  floor: unary({
    onnx: { operator: "Floor" },
    doc: "the next whole number that is not larger",
    precision: "half",
    apply: Math.floor,
  }),
  log: unary({
    onnx: { operator: "Log" },
    doc: "the natural logarithm of x",
    precision: { float32: "what is below 6e-8 is zero, whose logarithm is infinite" },
    apply: Math.log,
  }),
  neg: unary({ onnx: { operator: "Neg" }, doc: "-x", precision: "half", apply: (x) => -x }),
  reciprocal: unary({
    onnx: { operator: "Reciprocal" },
    doc: "1 / x",
    precision: { float32: "a small divisor, as ε under a root, is zero" },
    apply: (x) => 1 / x,
  }),
  sqrt: unary({
    onnx: { operator: "Sqrt" },
    doc: "√x",
    precision: { float32: "a variance and the ε added to it are zero below 6e-8" },
    apply: Math.sqrt,
  }),

  add: binary({
    onnx: { operator: "Add" },
    doc: "a + b",
    precision: "half",
    apply: added,
    ofSizes: plus,
  }),
  sub: binary({
    onnx: { operator: "Sub" },
    doc: "a - b",
    precision: "half",
    apply: (a, b) => a - b,
    ofSizes: minus,
  }),
  mul: binary({
    onnx: { operator: "Mul" },
    doc: "a · b",
    precision: "half",
    apply: multiplied,
    ofSizes: times,
  }),
  div: binary({
    onnx: { operator: "Div" },
    doc: "a / b; integers towards zero",
    precision: { float32: "a small divisor, as ε under a root, is zero", except: "divisor" },
    apply: (a, b) => a / b,
    ofSizes: quotient,
  }),
  pow: binary({
    onnx: { operator: "Pow" },
    doc: "a to the power of b",
    precision: { float32: "squares beyond 255 overflow, and those of small numbers vanish" },
    apply: (a, b) => (a === 1 ? 1 : a ** b),
  }),

  max: variadic({
    doc: "the largest of the operands, element by element",
    source: "https://onnx.ai/onnx/operators/onnx__Max.html",
    precision: "half",
    ofIntegers: true,
    apply: Math.max,
  }),
  min: variadic({
    doc: "the smallest of the operands, element by element",
    source: "https://onnx.ai/onnx/operators/onnx__Min.html",
    precision: "half",
    ofIntegers: true,
    apply: Math.min,
  }),
  sum: variadic({
    doc: "the sum of the operands, element by element",
    source: "https://onnx.ai/onnx/operators/onnx__Sum.html",
    precision: "half",
    apply: added,
  }),

  clip: primitiveOp({
    doc: "min(max(x, low), high)",
    source: "https://onnx.ai/onnx/operators/onnx__Clip.html",
    precision: "half",
    operands: { x: floats },
    attributes: () => z.strictObject({ low: z.number(), high: z.number() }),
    infer({ x }, { low, high }) {
      if (low > high) refuse(`low (${low}) is above high (${high})`);
      return x;
    },
    evaluate: ({ x: { dims, data } }, { low, high }) => ({
      dims,
      data: data.map((each) => Math.min(Math.max(each, low), high)),
    }),
  }),

  /** The one op whose result has another element type than its operand. */
  cast: primitiveOp({
    doc: "x rounded to the nearest number of another element type, to an integer towards zero",
    source: "https://onnx.ai/onnx/operators/onnx__Cast.html (float32, float16, int64 and int32)",
    precision: "half",
    operands: { x: numbers },
    attributes: () => z.strictObject({ to: z.enum(["float32", "float16", "int64", "int32"]) }),
    infer: ({ x }, { to }) => tensorType(x.dims, to),
    values: ({ x }) => x.values,
    evaluate: ({ x: { dims, data } }, { to }) => ({ dims, data: data.map(ROUNDINGS[to]) }),
  }),
};
