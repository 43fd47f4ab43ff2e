import { excitationOf } from "../layers.js";
import { written } from "../raised.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";

/** squeeze ─ linear C → M ─ hidden ─ linear M → C ─ gate */
export const matchSe: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "linear", "activation", "linear", "activation");
  if (steps === undefined || (path.start?.of !== "mean" && path.start?.of !== "max")) return undefined;
  const [reduce, hidden, expand, gate] = steps;
  const { weights, biases } = excitationOf(reduce, expand);
  const squeeze = path.start.of === "max" ? "max" : "average";
  return {
    kind: "se",
    attributes: { squeeze, hidden: hidden.name, gate: gate.name },
    parameters: [...weights, ...biases],
    options: written("se", {
      channels: reduce.outputs,
      squeeze,
      activation: hidden.name,
      gate: gate.name,
      bias: biases.length > 0,
    }),
  };
};
