import type { Op, Value } from "../../ir/graph.js";
import { broadcastDims } from "../../ir/ops/broadcast.js";
import { definitionOf, operandsOf } from "../../ir/ops/registry.js";
import { reshapedDims } from "../../ir/ops/shapes.js";
import { isOp, type RewriteContext } from "../../ir/rewrite.js";
import { type Dim, sameDims, TypeRefusal } from "../../ir/types.js";

/**
 * What an op is replaced by, or `undefined`. `producer` finds the op that computed a value; of a value that this
 * round has made it knows nothing, so the next round looks again.
 */
export type Simplification = (
  op: Op,
  context: RewriteContext,
  producer: (value: Value) => Op | undefined,
) => Value | undefined;

/** Ops that can only give x back where the result has its type. */
const KEEPS_ORDER: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "cast",
  "expand",
  "flatten",
  "identity",
  "pad",
  "reshape",
  "reshape_to",
  "slice",
  "squeeze",
  "unsqueeze",
]);

/** Ops that of one operand are that operand. */
const OF_SEVERAL: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>(["concat", "max", "min", "sum"]);

/** Whether an op gives its first operand back: dropout, or what leaves it as it is. */
export function isIdentity(op: Op): boolean {
  const [x, ...more] = op.operands;
  const [result] = op.results;
  if (x === undefined || result === undefined) return false;
  const same = x.type.dtype === result.type.dtype && sameDims(x.type.dims, result.type.dims);
  return (
    definitionOf(op.kind).trainingOnly === true ||
    (same && KEEPS_ORDER.has(op.kind)) ||
    (more.length === 0 && OF_SEVERAL.has(op.kind)) ||
    (isOp(op, "transpose") && op.attributes.permutation.every((axis, i) => axis === i))
  );
}

/** `f(x)  →  x`, where f is dropout, or leaves x as it is. */
export const dropIdentity: Simplification = (op) => (isIdentity(op) ? op.operands[0] : undefined);

/** Ops that give the same elements in the same order, with other sizes. */
const LAYOUTS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
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
 * is read by nobody then, unless others do.
 */
export const joinLayouts: Simplification = (op, context, producer) => {
  const [between] = op.operands;
  const [result] = op.results;
  if (!LAYOUTS.has(op.kind) || between === undefined || result === undefined) return undefined;
  const inner = producer(between);
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

/** `transpose(transpose(x))  →  transpose(x)`, or x where the second undoes the first. */
export const joinTransposes: Simplification = (op, context, producer) => {
  if (!isOp(op, "transpose")) return undefined;
  const inner = producer(operandsOf(op).x);
  if (!isOp(inner, "transpose")) return undefined;
  const { x } = operandsOf(inner);
  const permutation = op.attributes.permutation.map((axis) => inner.attributes.permutation[axis] ?? 0);
  if (permutation.every((axis, i) => axis === i)) return x;
  return context.op("transpose", [x], { permutation });
};

/** Ops that broadcast their operands. */
const BROADCASTS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "add",
  "div",
  "max",
  "min",
  "mul",
  "pow",
  "sub",
  "sum",
]);

/** `mul(x, expand(gate))  →  mul(x, gate)`: what is repeated to the size of the others need not be. */
export const dropRepetition: Simplification = (op, context, producer) => {
  const [result] = op.results;
  if (!BROADCASTS.has(op.kind) || result === undefined) return undefined;
  const operands = op.operands.map((operand) => {
    const repeats = producer(operand);
    return isOp(repeats, "expand") ? operandsOf(repeats).x : operand;
  });
  const changed = operands.some((operand, i) => operand !== op.operands[i]);
  return changed && sameDims(broadcastOf(operands) ?? [], result.type.dims)
    ? context.again(operands)
    : undefined;
};

function broadcastOf(operands: readonly Value[]) {
  try {
    return operands.map(({ type }) => type.dims).reduce(broadcastDims);
  } catch (error) {
    if (error instanceof TypeRefusal) return undefined;
    throw error;
  }
}
