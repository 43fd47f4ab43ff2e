import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { type Dim, sameDims } from "../../ir/types.js";
import { channelGates } from "./channel-gates/registry.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";
import { type GatePath, readPath } from "./path.js";
import type { Found } from "./raised.js";
import type { Step } from "./step.js";

/** What a kind of channel gate makes of a path that it takes for its own. */
export type GateSides = readonly [x: Value, gate: Value];

/**
 *     x ┬ squeeze ─ steps ─ gate [N, C, 1, 1] ┐
 *       └──────────────────────────────────── mul
 *
 * The squeeze must be of the gated map itself; which module it is, the steps say.
 */
export function findChannelGate(op: Op, flow: Dataflow): Found | undefined {
  const sides = sidesOf(op);
  if (sides === undefined) return undefined;
  const [x, gate] = sides;
  const path = readPath(op, gate, x, flow);
  const { squeeze } = path;
  if (squeeze === undefined) return mismatch(op, "its gate is made without a squeeze");
  if (squeeze.root !== x)
    mismatch(squeeze.op, `it squeezes ${squeeze.root.name}, and what is gated is ${x.name}`);
  for (const match of channelGates) {
    const module = match(path, x.type);
    if (module !== undefined) return { module, x, last: op, ops: [op, ...path.ops] };
  }
  return mismatch(op, `no known gate is made of ${describePath(path)}`);
}

/** The map and the gate [N, C, 1, 1] of a product, in either order; undefined where it is no such product. */
function sidesOf(op: Op): GateSides | undefined {
  const [result] = op.results;
  const [a, b] = op.operands;
  if (!isOp(op, "mul") || result === undefined || a === undefined || b === undefined) return undefined;
  const [batch, channels, ...places] = result.type.dims;
  if (batch === undefined || channels === undefined || places.length !== 2) return undefined;
  const isGate = ({ kind, type }: Value): boolean =>
    kind !== "parameter" && sameDims(broadcastable(type.dims), [batch, channels, 1, 1]);
  const isMap = ({ kind, type }: Value): boolean =>
    kind !== "parameter" && sameDims(type.dims, result.type.dims);
  return isMap(a) && isGate(b) ? [a, b] : isMap(b) && isGate(a) ? [b, a] : undefined;
}

/** Sizes with those of 1 that broadcasting puts before them. */
function broadcastable(dims: readonly Dim[]): readonly Dim[] {
  return [...new Array<Dim>(Math.max(0, 4 - dims.length)).fill(1), ...dims];
}

/** `mean, linear 64 → 4, relu, linear 4 → 64, sigmoid` */
function describePath({ squeeze, steps }: GatePath): string {
  return [...(squeeze === undefined ? [] : [squeeze.of]), ...steps.map(describeStep)].join(", ");
}

function describeStep(step: Step): string {
  if (step.kind === "activation") return step.name;
  if (step.kind === "linear") return `linear to ${step.outputs}`;
  return step.kind === "kernel" ? `a kernel of ${step.kernel} channels` : step.kind;
}
