import type { ReadContext } from "../context.js";
import { asConvolution, biasOf } from "../layers.js";
import { mismatch } from "../mismatch.js";
import type { GatePath } from "../path.js";
import { type RaisedModuleOf, written } from "../raised.js";
import type { ActivationStep } from "../step.js";
import { constantVector, type RaisedParameter, withDims } from "../weights.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";

const BOTTLENECK = ["linear", "standardized", "scale", "bias", "activation", "linear"] as const;

/** context or mean ─ linear ─ layer normalisation ─ hidden ─ linear ─ gate */
export const matchScalingGc: ChannelGateMatch = (path) => {
  const gate = path.steps.at(-1);
  const rest = { ...path, steps: path.steps.slice(0, -1) };
  return gate?.kind === "activation" ? matchGc(rest, gate) : undefined;
};

/** A global context that is added, or where it has a gate, scales. */
export function matchGc(path: GatePath, gate?: ActivationStep): RaisedModuleOf<"gc"> | undefined {
  const steps = stepsOf(path, ...BOTTLENECK);
  const { start } = path;
  if (steps === undefined || (start?.of !== "context" && start?.of !== "mean")) return undefined;
  const [reduce, { epsilon }, scale, shift, { name: hidden }, expand] = steps;
  for (const { op, groups } of [reduce, expand]) {
    if (groups !== 1) mismatch(op, `it is cut into ${groups} groups`);
  }
  const attention = start.of === "context" ? attentionOf(start) : [];
  const fusion = gate === undefined ? ("add" as const) : ("scale" as const);
  const gated = gate === undefined ? {} : { gate: gate.name };
  return {
    kind: "gc",
    attributes: { fusion, hidden, ...gated, epsilon },
    parameters: [
      asConvolution(reduce),
      biasOf(reduce),
      scale.weight,
      shift.weight,
      asConvolution(expand),
      biasOf(expand),
      ...attention,
    ],
    options: written("gc", {
      channels: reduce.outputs,
      fusion,
      pooling: attention.length === 0 ? "average" : "attention",
      activation: hidden,
      ...gated,
      epsilon,
    }),
  };
}

function attentionOf({ op, attention, bias }: ReadContext): readonly RaisedParameter[] {
  return [withDims(op, attention, [...attention.data.dims, 1, 1]), bias ?? constantVector(1, 0)];
}
