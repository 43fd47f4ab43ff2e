import { type ChannelGateMatch, stepsOf } from "./match.js";

/** mean ─ sigmoid; with another gate it is gather-excite without parameters over the whole map. */
export const matchSeVar1: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [{ name: gate }] = steps;
  if (gate === "sigmoid") return { kind: "se-var1", attributes: {}, parameters: [], options: {} };
  const attributes = { extent: 0, mlp: false, parameters: false, gate } as const;
  return { kind: "ge", attributes, parameters: [], options: { mlp: false, gate } };
};
