import type { TensorType } from "../../ir/types.js";
import type { ReadContext } from "./context.js";
import { mismatch } from "./mismatch.js";
import type { GatePath } from "./path.js";
import { type RaisedModule, type RaisedModuleOf, written } from "./raised.js";
import { type ActivationStep, asConvolution, biasOf, excitationOf, type Step } from "./step.js";
import { constantVector, type RaisedParameter, withDims } from "./weights.js";

/**
 * What a path to a gate is as one kind of module, for a gated map of the type. Undefined where the steps are others;
 * a mismatch where they are the module's and something about them is not.
 */
export type ChannelGateMatch = (path: GatePath, x: TensorType) => RaisedModule | undefined;

type StepOf<K extends Step["kind"]> = Step & { readonly kind: K };

/** The steps, if they are of these kinds and no others. */
export function stepsOf<const K extends readonly Step["kind"][]>(
  { steps }: Pick<GatePath, "steps">,
  ...kinds: K
): { readonly [I in keyof K]: StepOf<K[I]> } | undefined {
  const fits = steps.length === kinds.length && steps.every((step, i) => step.kind === kinds[i]);
  return fits ? (steps as unknown as { readonly [I in keyof K]: StepOf<K[I]> }) : undefined;
}

/** squeeze ─ linear C → M ─ hidden ─ linear M → C ─ gate */
const matchSe: ChannelGateMatch = (path) => {
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

/**
 *     mean ─ kernel of k channels ─ sigmoid
 *
 * How k came about is not in a file: it is taken as written, so no pass derives it again.
 */
const matchEca: ChannelGateMatch = (path) => {
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

/** mean ─ kernel of 1 channel, from 1 map to some ─ hidden ─ kernel of k channels, back to 1 map ─ sigmoid */
const matchEcam: ChannelGateMatch = (path) => {
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
