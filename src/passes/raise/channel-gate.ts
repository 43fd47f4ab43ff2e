import type { Op, Value } from "../../ir/graph.js";
import { channelGates, matchGc } from "./channel-gates.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch, unlessMismatch } from "./mismatch.js";
import { type GatePath, readPath } from "./path.js";
import { type GateSides, sidesOf } from "./product-sides.js";
import type { FoundModule } from "./raised.js";
import { isPooling } from "./squeeze.js";
import type { Step } from "./step.js";

/**
 *     x ┬ squeeze ─ steps ─ gate [N, C, 1, 1] ┐
 *       └──────────────────────────────────── mul
 *
 * The squeeze must be of the gated map itself; which module it is, the steps say.
 */
export function findChannelGate(op: Op, flow: Dataflow): FoundModule | undefined {
  const sides = sidesOf(op, "channels", flow);
  if (sides === undefined) return undefined;
  const find = () => channelGateOf(op, sides, flow);
  return isNearGate(sides, flow) ? find() : unlessMismatch(find);
}

/** As far back as an op is looked for that tells a gate of a signal from something else. */
const MOST_OPS = 32;

/**
 * Whether what is no gate is a near miss. Signals [N, C, L] are multiplied with one number for each channel in normalisations
 * too, where the channels are the steps of a sequence: a gate has a pooling and a layer.
 */
function isNearGate({ x, gate }: GateSides, flow: Dataflow): boolean {
  if (x.type.dims.length === 4) return true;
  const found = new Set<Op>();
  const open = [gate];
  for (let value = open.pop(); value !== undefined && found.size < MOST_OPS; value = open.pop()) {
    const op = value === x ? undefined : flow.producer(value);
    if (op === undefined || found.has(op)) continue;
    found.add(op);
    open.push(...op.operands);
  }
  const ops = [...found];
  const isLayer = ({ kind, operands }: Op): boolean =>
    LAYERS.has(kind) && operands.some((operand) => operand.kind === "parameter");
  return ops.some(isLayer) && ops.some(({ kind }) => isPooling(kind));
}

const LAYERS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "conv",
  "conv_1d",
  "gemm",
  "general_gemm",
  "matmul",
]);

function channelGateOf(op: Op, sides: GateSides, flow: Dataflow): FoundModule | undefined {
  const { x, gate } = sides;
  const path = readPath(op, gate, x, flow);
  // u · f(u) over a row is an activation, or a square.
  if (path.start === undefined) return undefined;
  expectSqueezeOf(x, path, op);
  for (const match of channelGates) {
    const module = match(path, x.type);
    if (module !== undefined) return { module, x, last: op, ops: [op, ...sides.ops, ...path.ops] };
  }
  const shares = path.steps.slice(0, -1).find(({ kind }) => kind === "softmax");
  if (shares !== undefined) mismatch(shares.op, "no known gate has such an op");
  const norm = path.steps.find(({ kind }) => kind === "norm");
  if (norm !== undefined) mismatch(norm.op, LONE_NORM);
  return mismatch(op, `no known gate is made of ${describePath(path)}`);
}

const LONE_NORM =
  "the module has no batch normalisation, and no layer stands beside it that it could be a part of";

/** Refuses a path that begins with anything but poolings of the gated map. */
export function expectSqueezeOf(x: Value, { start }: GatePath, op: Op): void {
  if (start === undefined) {
    mismatch(op, "its gate is made without a squeeze");
  } else if (start.of === "sum") {
    for (const path of start.paths) expectSqueezeOf(x, path, start.op);
  } else if (start.root !== x) {
    mismatch(start.op, `it squeezes ${start.root.name}, and what is gated is ${x.name}`);
  }
}

/** `mean, linear to 4, relu, linear to 64, sigmoid` */
function describePath({ start, steps }: GatePath): string {
  const first =
    start?.of === "sum" ? start.paths.map((path) => `(${describePath(path)})`).join(" + ") : start?.of;
  return [...(first === undefined ? [] : [first]), ...steps.map(describeStep)].join(", ");
}

function describeStep(step: Step): string {
  if (step.kind === "activation") return step.name;
  if (step.kind === "linear") return `linear to ${step.outputs}`;
  if (step.kind === "norm") return "batch normalisation";
  return step.kind === "kernel" ? `a kernel of ${step.kernel} channels` : `a ${step.kind}`;
}

/**
 *     x ┬ context ─ bottleneck ─ [N, C, 1, 1] ┐
 *       └──────────────────────────────────── add
 *
 * The global context of GCNet, which is added.
 */
export function findAddedContext(op: Op, flow: Dataflow): FoundModule | undefined {
  const sides = sidesOf(op, "channels", flow);
  if (sides === undefined) return undefined;
  // Most of what is added to a map is no context, and no near miss either.
  const path = unlessMismatch(() => readPath(op, sides.gate, sides.x, flow));
  const module = path && matchGc(path);
  if (path === undefined || module === undefined) return undefined;
  expectSqueezeOf(sides.x, path, op);
  return { module, x: sides.x, last: op, ops: [op, ...sides.ops, ...path.ops] };
}
