import type { Value } from "../../ir/graph.js";
import type { OpName } from "../../ir/ops/registry.js";
import type { RewriteContext } from "../../ir/rewrite.js";
import type { DType } from "../../ir/types.js";
import { type FloatType, isFloat, reasonForFloat32 } from "./precision-plan.js";

/**
 * What a gate over a map of half precision is lowered with. Each op is made in
 *
 *     float32             where its definition says that it needs it, as a pooling does
 *     the weights' type   where it reads weights of the gate
 *     float32             where all that it reads is float32 already
 *     float16             else: the product with the map
 *
 * and what it reads in another type is cast, once for each value.
 */
export function halfGateContext(context: RewriteContext, weights: DType): RewriteContext {
  const made = new Map<Value, Map<DType, Value>>();
  const as = (value: Value, type: FloatType): Value => {
    if (!isFloat(value) || value.type.dtype === type) return value;
    const versions = made.get(value) ?? new Map<DType, Value>();
    made.set(value, versions);
    const known = versions.get(type) ?? inType(value, type, context);
    versions.set(type, known);
    return known;
  };
  return {
    ...context,
    parameterOf: (name, data, role, type = role === "fixed" ? "float16" : weights) =>
      context.parameterOf(name, data, role, type),
    op(kind, operands, attributes, suffix) {
      const type = typeOf(kind, operands, weights);
      const read = operands.map((operand) => as(operand, type));
      return context.op(kind, read, attributes, suffix);
    },
  };
}

function inType(value: Value, type: FloatType, context: RewriteContext): Value {
  if (value.kind === "parameter") return context.parameterOf(value.name, value.data, value.role, type);
  return context.op("cast", [value], { to: type }, type === "float16" ? "to_half" : "to_float");
}

function typeOf(kind: OpName, operands: readonly Value[], weights: DType): FloatType {
  if (reasonForFloat32({ kind, operands }) !== undefined) return "float32";
  const floats = operands.filter(isFloat);
  if (floats.some((each) => each.kind === "parameter" && each.role !== "fixed"))
    return weights === "float32" ? "float32" : "float16";
  const computed = floats.filter((each) => each.kind !== "parameter");
  return computed.every(({ type }) => type.dtype === "float32") ? "float32" : "float16";
}
