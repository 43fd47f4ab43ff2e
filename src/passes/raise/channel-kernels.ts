import type { RowGate } from "../../ir/attention/row-gate.js";
import { type ChannelGateMatch, stepsOf } from "./match.js";
import { mismatch } from "./mismatch.js";
import type { GatePath } from "./path.js";
import { written } from "./raised.js";
import type { KernelStep, Step } from "./step.js";
import { constantVector, sameParameter } from "./weights.js";

/**
 *     squeeze ─ kernel of k channels ─ gate
 *
 * How k came about is not in a file: it is taken as written, so no pass derives it again.
 */
export const matchEca: ChannelGateMatch = (path) => {
  const [last, ...before] = path.steps.toReversed();
  const gate = last && rowGateOf(last);
  const read = gate === undefined ? undefined : readKernels({ ...path, steps: before.toReversed() });
  if (gate === undefined || read === undefined) return undefined;
  const { squeeze, kernels } = read;
  const [first, second] = kernels;
  if (kernels.some(({ weight }) => weight.data.dims[0] !== 1 || weight.data.dims[1] !== 1)) return undefined;
  const ownKernels = second !== undefined && !isSameKernel(first, second);
  if (second !== undefined && (second.kernel !== first.kernel || second.padding !== first.padding)) {
    mismatch(second.op, `its kernels are of ${first.kernel} and ${second.kernel} channels`);
  }
  const { kernel, padding, bias } = first;
  const biases = ownKernels ? [first.bias, second.bias] : [bias];
  const offsets = biases.some((each) => each !== undefined)
    ? biases.map((each) => each ?? constantVector(1, 0))
    : [];
  return {
    kind: "eca",
    attributes: { kernel, padding, squeeze, ownKernels, gate },
    parameters: [first.weight, ...(ownKernels ? [second.weight] : []), ...offsets],
    options: written("eca", { kernel, padding, bias: offsets.length > 0, squeeze, ownKernels, gate }),
  };
};

/** What a row of channels begins with, and the kernels over it: two where the mean and the maximum have one each. */
interface ReadKernels {
  readonly squeeze: "average" | "max" | "sum" | "both";
  readonly kernels: readonly [KernelStep, ...KernelStep[]];
}

function readKernels(path: GatePath): ReadKernels | undefined {
  const squeeze = squeezeOf(path.start);
  const steps = stepsOf(path, "kernel");
  if (squeeze !== undefined) return steps && { squeeze, kernels: steps };
  if (path.start?.of !== "sum" || path.steps.length > 0) return undefined;
  const of = (what: "mean" | "max") =>
    path.start?.of === "sum" ? path.start.paths.find(({ start }) => start?.of === what) : undefined;
  const [mean, max] = [of("mean"), of("max")];
  const [first] = (mean && stepsOf(mean, "kernel")) ?? [];
  const [second] = (max && stepsOf(max, "kernel")) ?? [];
  return first === undefined || second === undefined
    ? undefined
    : { squeeze: "both", kernels: [first, second] };
}

/** The squeeze that a path begins with: one pooling, or the sum of both. */
function squeezeOf(start: GatePath["start"]): "average" | "max" | "sum" | undefined {
  if (start?.of === "mean") return "average";
  if (start?.of === "max") return "max";
  if (start?.of !== "sum" || start.paths.some(({ steps }) => steps.length > 0)) return undefined;
  const squeezes = start.paths.map((each) => each.start?.of);
  return squeezes.includes("mean") && squeezes.includes("max") ? "sum" : undefined;
}

function isSameKernel(a: KernelStep, b: KernelStep): boolean {
  return sameParameter(a.weight, b.weight) && sameParameter(a.bias, b.bias);
}

function rowGateOf(step: Step): RowGate | undefined {
  if (step.kind === "softmax") return "softmax";
  return step.kind === "activation" ? step.name : undefined;
}

/** squeeze ─ kernel of some channels, from 1 map to some ─ hidden ─ kernel of k channels, back to 1 map ─ gate */
export const matchEcam: ChannelGateMatch = (path) => {
  const [last, ...before] = path.steps.toReversed();
  const gate = last && rowGateOf(last);
  const steps = stepsOf({ steps: before.toReversed() }, "kernel", "activation", "kernel");
  const squeeze = squeezeOf(path.start);
  if (gate === undefined || steps === undefined || squeeze === undefined) return undefined;
  const [enter, hidden, leave] = steps;
  const [maps = 0] = enter.weight.data.dims;
  if (enter.padding !== "zeros" || leave.padding !== "zeros") return undefined;
  const hasBias = enter.bias !== undefined || leave.bias !== undefined;
  const biases = [enter.bias ?? constantVector(maps, 0), leave.bias ?? constantVector(1, 0)];
  return {
    kind: "ecam",
    attributes: { kernel: leave.kernel, hidden: hidden.name, squeeze, gate },
    parameters: [enter.weight, leave.weight, ...(hasBias ? biases : [])],
    options: written("ecam", {
      kernel: leave.kernel,
      channels: maps,
      activation: hidden.name,
      firstKernel: enter.kernel,
      bias: hasBias,
      squeeze,
      gate,
    }),
  };
};
