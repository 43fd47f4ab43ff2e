import { withDims } from "../weights.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";

/** mean ─ scale of each channel ─ sigmoid */
export const matchSeVar2: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "scale", "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [{ op, weight }, gate] = steps;
  if (gate.name !== "sigmoid") return undefined;
  const parameter = withDims(op, weight, [1, ...weight.data.dims, 1, 1]);
  return { kind: "se-var2", attributes: {}, parameters: [parameter], options: {} };
};
