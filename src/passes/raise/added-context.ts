import type { Op } from "../../ir/graph.js";
import { expectSqueezeOf } from "./channel-gate.js";
import { matchGc } from "./channel-gates/gc.js";
import type { Dataflow } from "./dataflow.js";
import { unlessMismatch } from "./mismatch.js";
import { readPath } from "./path.js";
import { sidesOf } from "./product-sides.js";
import type { Found } from "./raised.js";

/**
 *     x ┬ context ─ bottleneck ─ [N, C, 1, 1] ┐
 *       └──────────────────────────────────── add
 *
 * The global context of GCNet, which is added.
 */
export function findAddedContext(op: Op, flow: Dataflow): Found | undefined {
  const sides = sidesOf(op, "channels", flow);
  if (sides === undefined) return undefined;
  // Most of what is added to a map is no context, and no near miss either.
  const path = unlessMismatch(() => readPath(op, sides.gate, sides.x, flow));
  const module = path && matchGc(path);
  if (path === undefined || module === undefined) return undefined;
  expectSqueezeOf(sides.x, path, op);
  return { module, x: sides.x, last: op, ops: [op, ...sides.ops, ...path.ops] };
}
