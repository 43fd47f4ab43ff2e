import { binaryWeight, constantWeight, type WeightExpr } from "../../ir/weight.js";
import { endsInClamp } from "./clamps.js";
import { combinedLayer, holds, layerOperands, outputsOf, spread } from "./layers.js";
import type { Simplification } from "./simplification.js";

/**
 *     (W · x + b) + a  →  W · x + (b + a)        a one number, or one for each output
 *     (W · x + b) - a  →  W · x + (b - a)
 *
 * Where something else reads the layer, or is an output, both stay; so they do where layers of one weight have one shift. So does a shift of a hard sigmoid.
 */
export const biasAfterLayer: Simplification = (op, context) => {
  const found = combinedLayer(op, ["add", "sub"], context);
  if (found === undefined || endsInClamp(op, context)) return undefined;
  const { kind, layer, by } = found;
  const bias = biasWith(kind, layer.bias?.data, spread(by, outputsOf(layer)));
  if (!holds(layer, { bias })) return undefined;
  return context.instead(layer.op, () => layerOperands(layer, { bias }, context.parameterOf));
};

function biasWith(kind: "add" | "sub", bias: WeightExpr | undefined, shift: WeightExpr): WeightExpr {
  if (bias !== undefined) return binaryWeight(kind, bias, shift);
  return kind === "add" ? shift : binaryWeight("mul", shift, constantWeight([], -1));
}
