import { matchEca, matchEcam } from "./channel-kernels.js";
import type { ReadContext } from "./context.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";
import { mismatch } from "./mismatch.js";
import type { GatePath } from "./path.js";
import { type RaisedModuleOf, written } from "./raised.js";
import { type ActivationStep, asConvolution, biasOf, excitationOf } from "./step.js";
import { constantVector, type RaisedParameter, withDims } from "./weights.js";

/** squeeze ─ linear C → M [─ batch normalisation] ─ hidden ─ linear M → C ─ gate */
const matchSe: ChannelGateMatch = (path) => {
  const [, norm] =
    stepsOf({ steps: path.withNorms }, "linear", "norm", "activation", "linear", "activation") ?? [];
  const layers = norm === undefined ? path.steps : path.withNorms.filter((step) => step !== norm);
  const steps = stepsOf({ steps: layers }, "linear", "activation", "linear", "activation");
  if (steps === undefined || (path.start?.of !== "mean" && path.start?.of !== "max")) return undefined;
  const [reduce, hidden, expand, gate] = steps;
  const { weights, biases } = excitationOf(reduce, expand);
  const epsilon = norm === undefined ? {} : { epsilon: norm.epsilon };
  const squeeze = path.start.of === "max" ? "max" : "average";
  return {
    kind: "se",
    attributes: { squeeze, hidden: hidden.name, gate: gate.name, ...epsilon },
    parameters: [...weights, ...(norm?.parameters ?? []), ...biases],
    options: written("se", {
      channels: reduce.outputs,
      squeeze,
      activation: hidden.name,
      gate: gate.name,
      bias: biases.length > 0,
      norm: norm !== undefined,
      ...epsilon,
    }),
  };
};

/**
 *     mean ─ linear C → C ─ gate
 *
 * The ECA paper's variants have no bias and a sigmoid: SE-GC in groups, SE-Var3 in one. Everything else is eSE.
 */
const matchLinearGate: ChannelGateMatch = (path) => {
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

const BOTTLENECK = ["linear", "standardized", "scale", "bias", "activation", "linear"] as const;

/** context or mean ─ linear ─ layer normalisation ─ hidden ─ linear ─ gate */
const matchScalingGc: ChannelGateMatch = (path) => {
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

/** mean ─ sigmoid; with another gate it is gather-excite without parameters over the whole map. */
const matchSeVar1: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [{ name: gate }] = steps;
  if (gate === "sigmoid") return { kind: "se-var1", attributes: {}, parameters: [], options: {} };
  const attributes = { extent: 0, mlp: false, parameters: false, gate } as const;
  return { kind: "ge", attributes, parameters: [], options: { mlp: false, gate } };
};

/** mean ─ scale of each channel ─ sigmoid */
const matchSeVar2: ChannelGateMatch = (path) => {
  const steps = stepsOf(path, "scale", "activation");
  if (steps === undefined || path.start?.of !== "mean") return undefined;
  const [{ op, weight }, gate] = steps;
  if (gate.name !== "sigmoid") return undefined;
  const parameter = withDims(op, weight, [1, ...weight.data.dims, 1, 1]);
  return { kind: "se-var2", attributes: {}, parameters: [parameter], options: {} };
};

/** The modules that are a gate [N, C, 1, 1] made of a pooling. */
export const channelGates: readonly ChannelGateMatch[] = [
  matchSe,
  matchEca,
  matchEcam,
  matchLinearGate,
  matchScalingGc,
  matchSeVar1,
  matchSeVar2,
];
