import { computedWeight } from "../../ir/computed-weight.js";
import type { Op, Parameter, Value } from "../../ir/graph.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { elementCount, isNumberDType } from "../../ir/types.js";
import { strongestRole } from "./roles.js";
import type { Simplification } from "./simplification.js";

/** A constant may have so many more elements than what it is computed of: 1 MiB of float32. */
export const MOST_MORE_ELEMENTS = 1 << 18;

/**
 * `f(@w)  →  @f(w)`, for every op that can be evaluated: weight standardisation, weight normalisation, a transposed weight, a
 * table of positions. Its numbers are computed when the file is written, each op's rounded to its element type.
 *
 * What grows by more than 1 MiB stays an op: an Expand costs a run less than the reading of what it gives.
 */
export const foldComputed: Simplification = (op, context) => {
  const [result, ...more] = op.results;
  if (result === undefined || more.length > 0 || op.operands.length === 0) return undefined;
  const { foreign, trainingOnly } = definitionOf(op.kind);
  if (foreign === true || trainingOnly === true || !op.operands.every(hasNumbers)) return undefined;
  if (!isNumberDType(result.type.dtype) || !isWithinGrowth(op, op.operands)) return undefined;
  const operands = op.operands.map(({ type, data }) => ({ dtype: type.dtype, data }));
  const { dtype, data } = computedWeight(op.kind, operands, op.attributes);
  return context.parameterOf(result.name.replaceAll("/", "."), data, strongestRole(op.operands), dtype);
};

function hasNumbers(value: Value): value is Parameter {
  return value.kind === "parameter" && isNumberDType(value.type.dtype);
}

function isWithinGrowth({ results: [result] }: Op, operands: readonly Parameter[]): boolean {
  const before = operands.reduce((sum, { data }) => sum + elementCount(data.dims), 0);
  return elementCount((result?.type.dims ?? []) as readonly number[]) <= before + MOST_MORE_ELEMENTS;
}
