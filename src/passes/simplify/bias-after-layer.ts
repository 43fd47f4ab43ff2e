import type { Op, Parameter, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { binaryWeight, type WeightExpr } from "../../ir/weight.js";
import { endsInClamp } from "./clamps.js";
import { type LinearLayer, layerOf, layerOperands, outputsOf, perChannel, spread } from "./layers.js";
import type { Simplification, SimplifyContext } from "./simplification.js";

/**
 *     (W · x + b) + a  →  W · x + (b + a)        a one number, or one for each output
 *     (W · x + b) - a  →  W · x + (b - a)
 *
 * Where something else reads the layer, or is an output, both stay. So does a shift of a hard sigmoid.
 */
export const biasAfterLayer: Simplification = (op, context) => {
  const [result] = op.results;
  const found = shiftedLayer(op, context);
  if (found === undefined || result === undefined || endsInClamp(op, context)) return undefined;
  const { kind, layer, by } = found;
  const outputs = outputsOf(layer);
  const shift = perChannel(by, result.type.dims.length, outputs);
  if (shift === undefined) return undefined;
  const bias = biasWith(kind, layer.bias?.data, spread(shift, outputs));
  return context.instead(layer.op, () => layerOperands(layer, { bias }, context.parameterOf));
};

function biasWith(kind: "add" | "sub", bias: WeightExpr | undefined, shift: WeightExpr): WeightExpr {
  if (bias !== undefined) return binaryWeight(kind, bias, shift);
  return kind === "add" ? shift : binaryWeight("mul", shift, MINUS_ONE);
}

const MINUS_ONE: WeightExpr = { kind: "constant", dims: [], value: -1 };

interface ShiftedLayer {
  readonly kind: "add" | "sub";
  readonly layer: LinearLayer;
  readonly by: Parameter;
}

/** A layer that only this sum, or this difference, reads. */
function shiftedLayer(op: Op, context: SimplifyContext): ShiftedLayer | undefined {
  if (!isOp(op, "add") && !isOp(op, "sub")) return undefined;
  const [a, b] = op.operands;
  const of = (y: Value | undefined, by: Value | undefined): ShiftedLayer | undefined => {
    if (y === undefined || by?.kind !== "parameter" || !context.isReadOnce(y)) return undefined;
    const layer = layerOf(context.producer(y));
    return layer && { kind: op.kind, layer, by };
  };
  return of(a, b) ?? (op.kind === "add" ? of(b, a) : undefined);
}
