import { isNatural, minus, plus, times } from "../../ir/sizes.js";
import type { Dim } from "../../ir/types.js";
import { dtypeOfNumber } from "../file/element-types.js";
import { broadcast, elementAt, elementsOf, type OpenDim } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** The first result has the type of the first input. */
export const sameAsInput: TypeRule = (node) => [withoutValues(node)];

function withoutValues(node: RuleNode): ReturnType<TypeRule>[number] {
  return { dtype: node.dtype(0), dims: node.dims(0) };
}

/** The type and the elements of the first input. */
const identity: TypeRule = (node) => [node.input(0)];

const toBool: TypeRule = (node) => [{ dtype: "bool", dims: node.dims(0) }];

/** What two elements of integers or truth values become, where it is known whatever their symbols stand for. */
type Combination = (a: Dim, b: Dim) => OpenDim;

function ofNumbers(combine: (a: number, b: number) => number | boolean): Combination {
  return (a, b) => (typeof a === "number" && typeof b === "number" ? Number(combine(a, b)) : undefined);
}

/** The sign of a - b; undefined where it depends on symbols, which are sizes, and so not negative. */
function order(a: Dim, b: Dim): number | undefined {
  const difference = minus(a, b);
  if (typeof difference === "number") return Math.sign(difference);
  if (typeof b === "number" && b < 0 && isNatural(a)) return 1;
  return typeof a === "number" && a < 0 && isNatural(b) ? -1 : undefined;
}

function ofOrder(holds: (sign: number) => boolean): Combination {
  return (a, b) => {
    const sign = order(a, b);
    return sign === undefined ? undefined : Number(holds(sign));
  };
}

const COMPARISONS: Readonly<Record<string, Combination>> = {
  Equal: ofOrder((sign) => sign === 0),
  Greater: ofOrder((sign) => sign > 0),
  GreaterOrEqual: ofOrder((sign) => sign >= 0),
  Less: ofOrder((sign) => sign < 0),
  LessOrEqual: ofOrder((sign) => sign <= 0),
  And: ofNumbers((a, b) => a !== 0 && b !== 0),
  Or: ofNumbers((a, b) => a !== 0 || b !== 0),
  Xor: ofNumbers((a, b) => (a !== 0) !== (b !== 0)),
};

const ARITHMETIC: Readonly<Record<string, Combination>> = {
  // The remainder has the sign of the divisor, unless fmod says otherwise, which is for floating-point numbers.
  Add: plus,
  Sub: minus,
  Mul: times,
  Div: ofNumbers((a, b) => Math.trunc(a / b)),
  Max: ofNumbers(Math.max),
  Min: ofNumbers(Math.min),
  Mod: ofNumbers((a, b) => a - b * Math.floor(a / b)),
};

/** Before this opset the second operand is broadcast to the first, by attributes. */
const BROADCASTING_OPSET = 7;

function broadcastDims(node: RuleNode): readonly OpenDim[] | undefined {
  if (node.opset < BROADCASTING_OPSET) return node.dims(0);
  return broadcast(...Array.from({ length: node.inputCount }, (_, i) => node.dims(i)));
}

function combined(
  node: RuleNode,
  dims: readonly OpenDim[] | undefined,
  combine: Combination,
): readonly Dim[] | undefined {
  const [a, b] = [node.input(0), node.input(1)];
  if (node.inputCount !== 2 || a?.values === undefined || b?.values === undefined) return undefined;
  return elementsOf(dims, (position) => {
    const [left, right] = [elementAt(a, position), elementAt(b, position)];
    return left === undefined || right === undefined ? undefined : combine(left, right);
  });
}

const arithmetic: TypeRule = (node) => [{ dtype: node.commonDType(), dims: broadcastDims(node) }];

const where: TypeRule = (node) => {
  const dims = broadcastDims(node);
  const [condition, a, b] = [node.input(0), node.input(1), node.input(2)];
  const values = elementsOf(dims, (position) => {
    const holds = condition && elementAt(condition, position);
    const chosen = holds === 0 ? b : a;
    return holds === undefined || chosen === undefined ? undefined : elementAt(chosen, position);
  });
  return [{ dtype: node.commonDType(1), dims, values }];
};

const not: TypeRule = (node) => {
  const values = node.values(0)?.map((value) => Number(value === 0));
  return [{ dtype: "bool", dims: node.dims(0), values }];
};

const INTEGERS: ReadonlySet<string> = new Set(["int64", "int32", "bool"]);

/** Elements that are whole stay what they are, but truth values. */
const cast: TypeRule = (node) => {
  const dtype = dtypeOfNumber(node.int("to", 0));
  const values = node.values(0);
  const kept =
    dtype === "bool"
      ? values?.map((value) => (typeof value === "number" ? Number(value !== 0) : undefined))
      : values;
  const known = kept?.every((value) => value !== undefined) === true && INTEGERS.has(dtype);
  return [{ dtype, dims: node.dims(0), values: known ? (kept as readonly Dim[]) : undefined }];
};

/** Dropout's mask is of truth values as of opset 10. */
const dropout: TypeRule = (node) => [
  withoutValues(node),
  { dtype: node.opset >= 10 ? "bool" : node.dtype(0), dims: node.dims(0) },
];

/**
 * Operators that compute element by element, normalise, or fill in what is there: the first result is like the first input.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const ELEMENTWISE: TypeRules = {
  ...rulesFor(
    `Abs Acos Acosh Affine Asin Asinh Atan Atanh BitwiseNot Ceil Celu Clip Cos Cosh CumProd CumSum Elu Erf Exp Floor Gelu
    GroupNormalization HardSigmoid HardSwish Hardmax ImageScaler InstanceNormalization LRN LeakyRelu Log LogSoftmax LpNormalization
    MeanVarianceNormalization Mish Neg PRelu ParametricSoftplus Reciprocal Relu ReverseSequence RotaryEmbedding Round ScaledTanh
    Scatter ScatterElements ScatterND Selu Shrink Sigmoid Sign Sin Sinh Softmax Softplus Softsign Sqrt Swish Tan Tanh
    TensorScatter ThresholdedRelu Trilu`,
    sameAsInput,
  ),
  ...rulesFor("Identity", identity),
  ...rulesFor("IsInf IsNaN", toBool),
  ...rulesFor("BitShift BitwiseAnd BitwiseOr BitwiseXor Mean Pow Sum", arithmetic),
  ...Object.fromEntries(
    Object.entries(COMPARISONS).map(([operator, combine]) => [
      operator,
      (node) => {
        const dims = broadcastDims(node);
        return [{ dtype: "bool", dims, values: combined(node, dims, combine) }];
      },
    ]),
  ),
  ...Object.fromEntries(
    Object.entries(ARITHMETIC).map(([operator, combine]) => [
      operator,
      (node) => {
        const dims = broadcastDims(node);
        return [{ dtype: node.commonDType(), dims, values: combined(node, dims, combine) }];
      },
    ]),
  ),
  Where: where,
  Not: not,
  Cast: cast,
  CastLike: (node) => [{ dtype: node.dtype(1), dims: node.dims(0) }],
  BitCast: (node) => [{ dtype: dtypeOfNumber(node.int("to", 0)), dims: node.dims(0) }],
  Dropout: dropout,
} satisfies TypeRules;
