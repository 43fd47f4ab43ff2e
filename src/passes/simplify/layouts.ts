import type { Op } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { reshapedDims } from "../../ir/ops/shapes.js";
import { isOp } from "../../ir/rewrite.js";
import { type Dim, sameDims } from "../../ir/types.js";
import type { Simplification } from "./simplification.js";

/** Ops that give the same elements in the same order, with other sizes. */
export const LAYOUTS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "flatten",
  "reshape",
  "reshape_to",
  "squeeze",
  "unsqueeze",
]);

/** `reshape_to(x, shape)  →  reshape(x)`, where the sizes are numbers, sizes of x, and at most one other. */
export const staticReshape: Simplification = (op, context) => {
  const [result] = op.results;
  if (!isOp(op, "reshape_to") || result === undefined) return undefined;
  const { x } = operandsOf(op);
  const shape = shapeFrom(x.type.dims, result.type.dims);
  return shape && context.op("reshape", [x], { shape });
};

/**
 * `reshape(squeeze(x))  →  reshape(x)`, and `unsqueeze(squeeze(x))  →  x` where that has its sizes: what stood between
 * is unused then, unless others do.
 */
export const joinLayouts: Simplification = (op, context) => {
  const [between] = op.operands;
  const [result] = op.results;
  if (!LAYOUTS.has(op.kind) || between === undefined || result === undefined) return undefined;
  const inner = context.producer(between);
  const [x] = inner?.operands ?? [];
  if (inner === undefined || x === undefined || !LAYOUTS.has(inner.kind)) return undefined;
  if (sameDims(x.type.dims, result.type.dims)) return x;
  const shape = shapeFrom(x.type.dims, result.type.dims);
  return shape && context.op("reshape", [x], { shape });
};

/**
 * How `reshape` says sizes: 0 for the one that x has there, -1 for one that no number says. Undefined where it can't, or
 * where what it infers is written otherwise: the type of a result stays what it was.
 */
function shapeFrom(from: readonly Dim[], to: readonly Dim[]): number[] | undefined {
  const shape = to.map((size, i) => (typeof size === "number" ? size : size === from[i] ? 0 : -1));
  // A size of zero would be read as a copy.
  if (to.includes(0) || to.length === 0 || shape.filter((size) => size === -1).length > 1) return undefined;
  return sameDims(reshapedDims(from, shape), to) ? shape : undefined;
}
