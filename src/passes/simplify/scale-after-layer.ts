import { binaryWeight, type WeightExpr } from "../../ir/weight.js";
import { endsInClamp } from "./clamps.js";
import { combinedLayer, holds, layerOperands } from "./layers.js";
import type { Simplification } from "./simplification.js";

/**
 *     (W · x + b) · s  →  (s · W) · x + s · b        s one number, or one for each output
 *     (W · x + b) / s  →  (W / s) · x + b / s
 *
 * A layer is linear in its weights, and s is the same for all that is summed to one output. Where something else reads the layer or
 * its weights, or is an output, both stay. So does a factor of a hard sigmoid, which `makeHardSigmoid` needs.
 */
export const scaleAfterLayer: Simplification = (op, context) => {
  const found = combinedLayer(op, ["mul", "div"], context);
  if (found === undefined || endsInClamp(op, context)) return undefined;
  const { kind, layer, by } = found;
  const scaled = (data: WeightExpr): WeightExpr => binaryWeight(kind, data, by);
  const { weight, bias } = layer;
  const numbers = { weight: scaled(weight.data), ...(bias ? { bias: scaled(bias.data) } : {}) };
  if (!holds(layer, numbers)) return undefined;
  return context.instead(layer.op, () => layerOperands(layer, numbers, context.parameterOf));
};
