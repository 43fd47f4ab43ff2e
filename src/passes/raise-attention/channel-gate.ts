import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { type Dim, sameDims } from "../../ir/types.js";
import { channelGates } from "./channel-gates/registry.js";
import type { Dataflow } from "./dataflow.js";
import { mismatch } from "./mismatch.js";
import { type GatePath, readPath } from "./path.js";
import type { Found } from "./raised.js";
import type { Step } from "./step.js";

/**
 *     x ┬ squeeze ─ steps ─ gate [N, C, 1, 1] ┐
 *       └──────────────────────────────────── mul
 *
 * The squeeze must be of the gated map itself; which module it is, the steps say.
 */
export function findChannelGate(op: Op, flow: Dataflow): Found | undefined {
  const sides = sidesOf(op, flow);
  if (sides === undefined) return undefined;
  const { x, gate } = sides;
  const path = readPath(op, gate, x, flow);
  const { squeeze } = path;
  if (squeeze === undefined) return mismatch(op, "its gate is made without a squeeze");
  if (squeeze.root !== x)
    mismatch(squeeze.op, `it squeezes ${squeeze.root.name}, and what is gated is ${x.name}`);
  for (const match of channelGates) {
    const module = match(path, x.type);
    if (module !== undefined) return { module, x, last: op, ops: [op, ...sides.ops, ...path.ops] };
  }
  return mismatch(op, `no known gate is made of ${describePath(path)}`);
}

/** The operands of a product of a map [N, C, H, W] and a gate [N, C, 1, 1]. */
interface GateSides {
  readonly x: Value;
  readonly gate: Value;
  /** The op that repeated the gate over the map, where there is one. */
  readonly ops: readonly Op[];
}

/** The map and the gate of a product, in either order; undefined where it is no such product. */
function sidesOf(op: Op, flow: Dataflow): GateSides | undefined {
  const [result] = op.results;
  const [a, b] = op.operands;
  if (!isOp(op, "mul") || result === undefined || a === undefined || b === undefined) return undefined;
  const { dims } = result.type;
  return asSides(a, b, dims, flow) ?? asSides(b, a, dims, flow);
}

function asSides(x: Value, other: Value, dims: readonly Dim[], flow: Dataflow): GateSides | undefined {
  const [batch, channels, ...places] = dims;
  if (batch === undefined || channels === undefined || places.length !== 2) return undefined;
  const expansion = flow.producer(other);
  const [expanded] = isOp(expansion, "expand") ? expansion.operands : [];
  const gate = expanded ?? other;
  const fits =
    sameDims(x.type.dims, dims) && sameDims(broadcastable(gate.type.dims), [batch, channels, 1, 1]);
  if (!fits || x.kind === "parameter" || gate.kind === "parameter") return undefined;
  return { x, gate, ops: expanded === undefined || expansion === undefined ? [] : [expansion] };
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
