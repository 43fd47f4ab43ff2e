import { asConvolution } from "../layers.js";
import { written } from "../raised.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";

/**
 *     mean ─ linear C → C ─ gate
 *
 * The ECA paper's variants have no bias and a sigmoid: SE-GC in groups, SE-Var3 in one. Everything else is eSE.
 */
export const matchLinearGate: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "linear", "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [layer, { name: gate }] = steps;
  const { bias, groups: group } = layer;
  const attributes = { gate, group };
  const isPlain = bias === undefined && gate === "sigmoid";
  const parameters = [asConvolution(layer), ...(bias === undefined ? [] : [bias])];
  if (isPlain && group > 1) {
    return { kind: "se-gc", attributes, parameters, options: written("se-gc", { groups: group }) };
  }
  if (isPlain) return { kind: "se-var3", attributes, parameters, options: {} };
  if (group > 1) return undefined;
  return { kind: "ese", attributes, parameters, options: written("ese", { gate, bias: bias !== undefined }) };
};
