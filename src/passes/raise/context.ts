import type { Op, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import type { Dataflow } from "./dataflow.js";
import { behindLayout, mapOfRows } from "./layout.js";
import { readLinear } from "./linear.js";
import type { RaisedParameter } from "./weights.js";

/** Σₚ softmax(attention · x + bias)ₚ · xₚ, the context of a map: one number for each channel. */
export interface ReadContext {
  readonly of: "context";
  /** The map [N, C, H, W]. */
  readonly root: Value;
  readonly op: Op;
  /** [1, C] */
  readonly attention: RaisedParameter;
  readonly bias: RaisedParameter | undefined;
  readonly ops: readonly Op[];
}

/**
 *     x ┬ conv 1×1 ─ softmax over H·W ┐
 *       └ [N, C, H·W] ─────────────── matmul
 */
export function readContext(value: Value, flow: Dataflow): ReadContext | undefined {
  const op = flow.producer(value);
  const [a, b] = op?.operands ?? [];
  if (!isOp(op, "matmul") || a === undefined || b === undefined) return undefined;
  const rows = mapOfRows(a, flow);
  const shares = readShares(b, flow);
  const scores = shares && flow.producer(shares.scores);
  const linear = scores && readLinear(shares.scores, scores, flow);
  if (rows === undefined || shares === undefined || linear?.step.kind !== "linear") return undefined;
  const { step } = linear;
  if (linear.from !== rows.map || step.outputs !== 1 || step.groups !== 1) return undefined;
  return {
    of: "context",
    root: rows.map,
    op,
    attention: step.weight,
    bias: step.bias,
    ops: [op, ...rows.ops, ...shares.ops, ...linear.ops],
  };
}

/** The map [N, 1, H, W] whose softmax over all positions a value is, as a column. */
function readShares(value: Value, flow: Dataflow) {
  const [positions, one] = value.type.dims.slice(-2);
  const behind = behindLayout(value, flow);
  const softmax = flow.producer(behind.value);
  const [x] = softmax?.operands ?? [];
  if (!isOp(softmax, "softmax") || x === undefined || one !== 1) return undefined;
  const scores = mapOfRows(x, flow);
  if (scores === undefined || x.type.dims[softmax.attributes.axis] !== positions) return undefined;
  return { scores: scores.map, ops: [...behind.ops, softmax, ...scores.ops] };
}
