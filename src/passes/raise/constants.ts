import { shortestDecimal } from "../../base/shortest-decimal.js";
import type { Value } from "../../ir/graph.js";
import { elementCount } from "../../ir/types.js";
import type { WeightExpr } from "../../ir/weight.js";

/** The number that a parameter of one element is, as the decimal that was meant; undefined for other values. */
export function scalarOf(value: Value | undefined): number | undefined {
  if (value?.kind !== "parameter" || elementCount(value.data.dims) !== 1) return undefined;
  const element = onlyElement(value.data);
  return element === undefined ? undefined : shortestDecimal(element, value.type.dtype);
}

/** The element of a weight that has one, where that is given and not drawn. */
function onlyElement(weight: WeightExpr): number | undefined {
  if (weight.kind === "constant") return weight.value;
  if (weight.kind !== "stored") return undefined;
  const one = new Float64Array(1);
  if (weight.data instanceof Float32Array) one.set(weight.data);
  else weight.data.copyTo(one, 0);
  return one[0];
}
