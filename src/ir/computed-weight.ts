import { inferTypes } from "./op.js";
import { definitionOf, type OpName } from "./ops/registry.js";
import { type DType, isIntegerType, refuse, type TensorType, tensorType } from "./types.js";
import { smallValues, type TypedWeight, type WeightExpr } from "./weight.js";

/**
 * What an op with complete attributes computes of weights, as a weight: evaluated by the op's definition where the numbers
 * are needed, and rounded to its element type, as a run does it after each op.
 *
 * Refuses (`TypeRefusal`) operands that the op refuses, and operators of someone else's.
 */
export function computedWeight(
  op: OpName,
  operands: readonly TypedWeight[],
  attributes: Readonly<Record<string, unknown>>,
): { readonly dtype: DType; readonly data: WeightExpr } {
  const definition = definitionOf(op);
  if (definition.foreign === true) refuse(`${op} is no op whose numbers can be computed`);
  const [type] = inferTypes(definition, operands.map(typeOf), attributes);
  const dims = type?.dims;
  if (type === undefined || !hasNumbers(dims)) refuse(`${op} has no known sizes`);
  return { dtype: type.dtype, data: { kind: "computed", dims, dtype: type.dtype, op, attributes, operands } };
}

function typeOf({ dtype, data }: TypedWeight): TensorType {
  return tensorType(data.dims, dtype, isIntegerType(dtype) ? smallValues(data) : undefined);
}

function hasNumbers(dims: readonly unknown[] | undefined): dims is readonly number[] {
  return dims?.every((size) => typeof size === "number") === true;
}
