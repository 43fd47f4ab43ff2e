import * as z from "zod";
import type { Op, Parameter, Value } from "../../ir/graph.js";
import { isOp, rewriteGraph } from "../../ir/rewrite.js";
import { elementCount, sameDims } from "../../ir/types.js";
import { type BinaryWeightKind, binaryWeight, reshapeWeight, type WeightExpr } from "../../ir/weight.js";
import { definePass } from "../engine/pass.js";
import { strongestRole } from "./roles.js";

/**
 *     mul(@a, @b)  →  @a·b          add, mul, reshape and flatten of float32 parameters
 *
 * An op stays where a weight expression can't say what it computes: other ops, and broadcasts other than of
 * one number or of one number per first index.
 */
export const foldConstants = definePass({
  name: "fold-constants",
  doc: "Replaces values that depend only on parameters by parameters.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  run: (graph) =>
    rewriteGraph(graph, "fold-constants", (op, context) => {
      const [result] = op.results;
      if (result === undefined || !op.operands.every(isFloatParameter)) return undefined;
      const data = foldedData(op, op.operands, result.type.dims as readonly number[]);
      if (data === undefined) return undefined;
      return context.parameterOf(result.name.replaceAll("/", "."), data, strongestRole(op.operands));
    }),
});

function isFloatParameter(value: Value): value is Parameter {
  return value.kind === "parameter" && value.type.dtype === "float32";
}

function foldedData(op: Op, operands: readonly Parameter[], dims: readonly number[]): WeightExpr | undefined {
  const [a, b] = operands.map((operand) => operand.data);
  if (a === undefined) return undefined;
  if (isOp(op, "reshape") || isOp(op, "flatten")) return reshapeWeight(a, dims);
  if ((isOp(op, "add") || isOp(op, "mul")) && b !== undefined) return arithmetic(op.kind, a, b, dims);
  return undefined;
}

/** The expression of a broadcast operation, where one operand has the result's sizes and the other is repeated. */
function arithmetic(
  kind: BinaryWeightKind,
  a: WeightExpr,
  b: WeightExpr,
  dims: readonly number[],
): WeightExpr | undefined {
  const [left, right] = [a, b].map((each) => repeatable(each, dims));
  const whole = [left, right].some((each) => each !== undefined && sameDims(each.dims, dims));
  return left && right && whole ? binaryWeight(kind, left, right) : undefined;
}

/** An operand in the form in which an expression repeats it: as it is, a scalar, or a vector over the first axis. */
function repeatable(weight: WeightExpr, dims: readonly number[]): WeightExpr | undefined {
  if (sameDims(weight.dims, dims)) return weight;
  if (elementCount(weight.dims) === 1) return reshapeWeight(weight, []);
  const [first = 0, ...rest] = weight.dims;
  const isColumn =
    weight.dims.length === dims.length && first === dims[0] && rest.every((size) => size === 1);
  return isColumn ? reshapeWeight(weight, [first]) : undefined;
}
