import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { type Dim, sameDims } from "../../ir/types.js";
import type { Dataflow } from "./dataflow.js";

/** The operands of a product, or of a sum, of a map [N, C, H, W] or a signal [N, C, L] and a gate that is broadcast over it. */
export interface GateSides {
  readonly x: Value;
  readonly gate: Value;
  /** The op that repeated the gate over the map, where there is one. */
  readonly ops: readonly Op[];
}

/** What a gate has one number for: each channel, [N, C, 1, 1] or [N, C, 1], or each position, [N, 1, H, W]. */
export type GateOver = "channels" | "positions";

/** Ops between a map and its gate, at most. */
const MOST_OPS = 256;

/**
 * The map and the gate of an op, in either order; undefined where its operands are no such. Of a map of one pixel either could be the gate: it is
 * the one that follows from the other.
 */
export function sidesOf(op: Op, over: GateOver, flow: Dataflow): GateSides | undefined {
  const [result] = op.results;
  const [a, b] = op.operands;
  if (result === undefined || a === undefined || b === undefined) return undefined;
  const { dims } = result.type;
  const [sides, turned] = [asSides(a, b, dims, over, flow), asSides(b, a, dims, over, flow)];
  if (sides === undefined || turned === undefined) return sides ?? turned;
  return followsFrom(turned.gate, turned.x, flow) ? turned : sides;
}

function followsFrom(value: Value, source: Value, flow: Dataflow): boolean {
  const found = new Set<Op>();
  const open = [value];
  for (let next = open.pop(); next !== undefined && found.size < MOST_OPS; next = open.pop()) {
    if (next === source) return true;
    const op = flow.producer(next);
    if (op === undefined || found.has(op)) continue;
    found.add(op);
    open.push(...op.operands);
  }
  return false;
}

function asSides(
  x: Value,
  other: Value,
  dims: readonly Dim[],
  over: GateOver,
  flow: Dataflow,
): GateSides | undefined {
  const [batch, channels, ...positions] = dims;
  // A signal has gates of its channels alone.
  const isGateable = positions.length === 2 || (positions.length === 1 && over === "channels");
  if (batch === undefined || channels === undefined || !isGateable) return undefined;
  const expansion = flow.producer(other);
  const [expanded] = isOp(expansion, "expand") ? expansion.operands : [];
  const gate = expanded ?? other;
  const wanted =
    over === "channels" ? [batch, channels, ...positions.map(() => 1)] : [batch, 1, ...positions];
  const fits = sameDims(x.type.dims, dims) && sameDims(broadcastable(gate.type.dims, dims.length), wanted);
  if (!fits || x.kind === "parameter" || gate.kind === "parameter") return undefined;
  return { x, gate, ops: expanded === undefined || expansion === undefined ? [] : [expansion] };
}

/** Sizes with those of 1 that broadcasting puts before them. */
function broadcastable(dims: readonly Dim[], rank: number): readonly Dim[] {
  return [...new Array<Dim>(Math.max(0, rank - dims.length)).fill(1), ...dims];
}
