import type { Op } from "../../ir/graph.js";
import { isOnnxDomain } from "../../ir/onnx-domain.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import type { DType } from "../../ir/types.js";
import type { Simplification } from "./simplification.js";

/** For each element type those that hold every number of it exactly, infinities and NaN among them. */
const HOLD_ALL_OF: { readonly [D in DType]?: readonly DType[] } = {
  bool: ["uint8", "int8", "int32", "int64", "float16", "float32", "float64"],
  uint8: ["int16", "int32", "int64", "float16", "float32", "float64"],
  int8: ["int16", "int32", "int64", "float16", "float32", "float64"],
  int32: ["int64", "float64"],
  float16: ["float32", "float64"],
  float32: ["float64"],
};

/**
 * `cast(cast(x, wide), to)  →  cast(x, to)`, or x where it has that type: `wide` holds every number of x, so nothing is lost
 * on the way. Through a narrower type something may be, and both stay.
 */
export const joinCasts: Simplification = (op, context) => {
  const [between] = op.operands;
  const [result] = op.results;
  if (!isCast(op) || between === undefined || result === undefined) return undefined;
  const inner = context.producer(between);
  const [x] = inner?.operands ?? [];
  if (inner === undefined || x === undefined || !isCast(inner)) return undefined;
  if (!HOLD_ALL_OF[x.type.dtype]?.includes(between.type.dtype)) return undefined;
  if (x.type.dtype === result.type.dtype) return x;
  return isOp(op, "cast") && isOp(inner, "cast")
    ? context.op("cast", [operandsOf(inner).x], { to: op.attributes.to })
    : undefined;
};

function isCast(op: Op): boolean {
  return (
    isOp(op, "cast") ||
    (isOp(op, "opaque") && op.attributes.operator === "Cast" && isOnnxDomain(op.attributes.domain))
  );
}
