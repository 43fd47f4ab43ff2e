import { mismatch } from "../mismatch.js";
import { written } from "../raised.js";
import { constantVector } from "../weights.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";

/** mean ─ kernel of 1 channel, from 1 map to some ─ hidden ─ kernel of k channels, back to 1 map ─ sigmoid */
export const matchEcam: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "kernel", "activation", "kernel", "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [enter, hidden, leave, gate] = steps;
  const [maps = 0] = enter.weight.data.dims;
  if (enter.kernel !== 1 || enter.padding !== "zeros" || leave.padding !== "zeros") return undefined;
  if (gate.name !== "sigmoid") mismatch(gate.op, `its gate is ${gate.name}; that of ECAM is sigmoid`);
  return {
    kind: "ecam",
    attributes: { kernel: leave.kernel, hidden: hidden.name },
    parameters: [
      enter.weight,
      enter.bias ?? constantVector(maps, 0),
      leave.weight,
      leave.bias ?? constantVector(1, 0),
    ],
    options: written("ecam", { kernel: leave.kernel, channels: maps, activation: hidden.name }),
  };
};
