import type { Op, Parameter, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { binaryWeight, type WeightExpr } from "../../ir/weight.js";
import { endsInClamp } from "./clamps.js";
import { type LinearLayer, layerOf, layerOperands, outputsOf, perChannel } from "./layers.js";
import type { Simplification, SimplifyContext } from "./simplification.js";

/**
 *     (W · x + b) · s  →  (s · W) · x + s · b        s one number, or one for each output
 *     (W · x + b) / s  →  (W / s) · x + b / s
 *
 * A layer is linear in its weights, and s is the same for all that is summed to one output. Where something else reads the layer,
 * or is an output, both stay. So does a factor of a hard sigmoid, which `makeHardSigmoid` needs.
 */
export const scaleAfterLayer: Simplification = (op, context) => {
  const [result] = op.results;
  const found = scaledLayer(op, context);
  if (found === undefined || result === undefined || endsInClamp(op, context)) return undefined;
  const { kind, layer, by } = found;
  const factor = perChannel(by, result.type.dims.length, outputsOf(layer));
  if (factor === undefined) return undefined;
  const scaled = (data: WeightExpr): WeightExpr => binaryWeight(kind, data, factor);
  const { weight, bias } = layer;
  const numbers = { weight: scaled(weight.data), ...(bias ? { bias: scaled(bias.data) } : {}) };
  return context.instead(layer.op, () => layerOperands(layer, numbers, context.parameterOf));
};

interface ScaledLayer {
  readonly kind: "mul" | "div";
  readonly layer: LinearLayer;
  readonly by: Parameter;
}

/** A layer that only this product, or this quotient, reads. */
function scaledLayer(op: Op, context: SimplifyContext): ScaledLayer | undefined {
  if (!isOp(op, "mul") && !isOp(op, "div")) return undefined;
  const [a, b] = op.operands;
  const of = (y: Value | undefined, by: Value | undefined): ScaledLayer | undefined => {
    if (y === undefined || by?.kind !== "parameter" || !context.isReadOnce(y)) return undefined;
    const layer = layerOf(context.producer(y));
    return layer && { kind: op.kind, layer, by };
  };
  return of(a, b) ?? (op.kind === "mul" ? of(b, a) : undefined);
}
