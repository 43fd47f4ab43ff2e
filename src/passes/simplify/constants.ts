import type { Op, Value } from "../../ir/graph.js";
import { evaluateOp } from "../../ir/op.js";
import { definitionOf } from "../../ir/ops/registry.js";
import type { RewriteContext } from "../../ir/rewrite.js";
import type { Tensor } from "../../ir/tensor.js";
import {
  type DType,
  elementCount,
  isIntegerType,
  isNumberDType,
  MOST_VALUES,
  type TensorType,
} from "../../ir/types.js";
import { constantWeight, smallValues, storedWeight, type WeightExpr } from "../../ir/weight.js";

/** The constant that an op is; undefined where it is none. */
type Folding = (op: Op, context: Pick<RewriteContext, "parameterOf">) => Value | undefined;

/** `gather(shape(x), 1)  →  240`: what inference knows is a constant. */
export const foldKnownValues: Folding = (op, context) => {
  const [result, ...more] = op.results;
  const { values, dims } = result?.type ?? {};
  if (result === undefined || values === undefined || more.length > 0) return undefined;
  if (!isNumberDType(result.type.dtype) || !values.every((value) => typeof value === "number"))
    return undefined;
  return context.parameterOf(
    result.name,
    numbersOf(dims as readonly number[], values, result.type.dtype, result.name),
    "fixed",
    result.type.dtype,
  );
};

/** `add(@1, @2)  →  @3`, for small constants that are not trained. */
export const foldSmallConstants: Folding = (op, context) => {
  const [result, ...more] = op.results;
  const definition = definitionOf(op.kind);
  if (result === undefined || more.length > 0 || op.operands.length === 0 || definition.foreign === true)
    return undefined;
  const { dtype } = result.type;
  // A half is rounded where it is written, and in a run after each op.
  if (!isNumberDType(dtype) || dtype === "float16" || !isSmall(result.type)) return undefined;
  const tensors = op.operands.map(smallTensor);
  if (!tensors.every((tensor) => tensor !== undefined)) return undefined;
  const folded = evaluateOp(definition, tensors, op.attributes);
  const data = isIntegerType(dtype) ? folded.data.map(Math.trunc) : folded.data;
  return context.parameterOf(
    result.name,
    numbersOf(folded.dims, [...data], dtype, result.name),
    "fixed",
    dtype,
  );
};

function isSmall({ dims }: TensorType): boolean {
  return (
    dims.every((dim) => typeof dim === "number") && elementCount(dims as readonly number[]) <= MOST_VALUES
  );
}

/** The numbers of a small constant, as its element type holds them. */
function smallTensor(value: Value): Tensor | undefined {
  if (value.kind !== "parameter" || value.role !== "fixed") return undefined;
  const { dtype } = value.type;
  if (dtype !== "float32" && !isIntegerType(dtype)) return undefined;
  const values = smallValues(value.data);
  if (values === undefined) return undefined;
  const data = Float64Array.from(values, dtype === "float32" ? Math.fround : undefined);
  return { dims: value.data.dims, data };
}

/** A weight of known numbers; integers are lent, for float32 would round the large ones. */
function numbersOf(
  dims: readonly number[],
  values: readonly number[],
  dtype: DType,
  label: string,
): WeightExpr {
  const [first = 0] = values;
  if (values.length > 0 && values.every((value) => Object.is(value, first)))
    return constantWeight(dims, first);
  if (!isIntegerType(dtype)) return storedWeight(dims, label, Float32Array.from(values));
  const numbers = Float64Array.from(values);
  const copyTo = (target: Float64Array, start: number): void =>
    target.set(numbers.subarray(start, start + target.length));
  return storedWeight(dims, label, { length: numbers.length, copyTo });
}
