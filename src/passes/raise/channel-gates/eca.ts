import { mismatch } from "../mismatch.js";
import { written } from "../raised.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";

/**
 *     mean ─ kernel of k channels ─ sigmoid
 *
 * How k came about is not in a file: it is taken as written, so no pass derives it again.
 */
export const matchEca: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "kernel", "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [{ kernel, weight, padding, bias }, gate] = steps;
  if (weight.data.dims[0] !== 1 || weight.data.dims[1] !== 1) return undefined;
  if (gate.name !== "sigmoid") mismatch(gate.op, `its gate is ${gate.name}; that of ECA is sigmoid`);
  return {
    kind: "eca",
    attributes: { kernel, padding },
    parameters: [weight, ...(bias === undefined ? [] : [bias])],
    options: written("eca", { kernel, padding, bias: bias !== undefined }),
  };
};
