import type { Op, Value } from "../../../ir/graph.js";
import { isOp } from "../../../ir/rewrite.js";
import { productOf, times } from "../../../ir/sizes.js";
import type { Dim } from "../../../ir/types.js";
import type { Producers } from "../dataflow.js";
import { isLayout } from "../layout.js";
import { scalarOf } from "../weights.js";
import type { Idiom } from "./idiom.js";

/**
 *     sum(x) / n,  sum(x) · 1/n     →  mean(x)        where n is how many are summed up
 *
 * The sum may be over one axis after the other, with layouts and factors of n between and behind it. n may be a number or
 * computed of sizes, open ones as well.
 */
export const meanOfSum: Idiom = (op, context) => {
  const [result] = op.results;
  if (result === undefined || divisionOf(op, context) === undefined) return undefined;
  const { x, ops, summed, divided } = sumBehind(result, context);
  if (!ops.some(({ kind }) => kind === "reduce_sum") || !isSameCount(summed, divided)) return undefined;
  return ops.reduceRight(
    (value, each) =>
      isOp(each, "reduce_sum")
        ? context.op("reduce_mean", [value], each.attributes)
        : context.again(each, [value, ...each.operands.slice(1)]),
    x,
  );
};

/** A value that sums, means and layouts compute from x, the last of them first, and that is divided on the way. */
interface DividedSum {
  readonly x: Value;
  readonly ops: readonly Op[];
  /** How many elements are summed up to one. */
  readonly summed: Dim;
  readonly divided: Dim;
}

/** More ops than exporters write for one mean: a longer chain is not looked through. */
const MOST_OPS = 32;

function sumBehind(value: Value, context: Producers): DividedSum {
  const ops: Op[] = [];
  let [summed, divided]: [Dim, Dim] = [1, 1];
  let x = value;
  for (let count = 0; count < MOST_OPS; count++) {
    const op = context.producer(x);
    const [from] = op?.operands ?? [];
    if (op === undefined || from === undefined) break;
    const division = divisionOf(op, context);
    if (division !== undefined) {
      divided = times(divided, division.by);
      x = division.from;
      continue;
    }
    if (isOp(op, "reduce_sum")) {
      summed = times(summed, productOf(op.attributes.axes.map((axis) => from.type.dims[axis] ?? 1)));
    } else if (!isOp(op, "reduce_mean") && !isLayout(op)) break;
    ops.push(op);
    x = from;
  }
  return { x, ops, summed, divided };
}

/** What is divided, and by how many. */
interface Division {
  readonly from: Value;
  readonly by: Dim;
}

/** A quotient by a number or by a size, or a product with one over it. */
function divisionOf(op: Op, context: Producers): Division | undefined {
  const [a, b] = op.operands;
  if (a === undefined || b === undefined) return undefined;
  if (isOp(op, "div")) return dividedBy(a, sizeOf(b, context));
  if (!isOp(op, "mul")) return undefined;
  return dividedBy(a, inverseOf(b, context)) ?? dividedBy(b, inverseOf(a, context));
}

function dividedBy(from: Value, by: Dim | undefined): Division | undefined {
  return by === undefined || from.kind === "parameter" ? undefined : { from, by };
}

/** The size, or product of sizes, that a computed number is. */
function sizeOf(value: Value, context: Producers): Dim | undefined {
  const op = context.producer(value);
  const [a, b] = op?.operands ?? [];
  if (op === undefined || a === undefined) return scalarOf(value);
  if (isOp(op, "cast")) return a.type.values?.length === 1 ? a.type.values[0] : undefined;
  if (isLayout(op)) return sizeOf(a, context);
  const [left, right] = isOp(op, "mul") && b !== undefined ? [sizeOf(a, context), sizeOf(b, context)] : [];
  return left === undefined || right === undefined ? undefined : times(left, right);
}

/** n of a number that is 1/n. */
function inverseOf(value: Value, context: Producers): Dim | undefined {
  const factor = scalarOf(value);
  if (factor !== undefined) return 1 / factor;
  const op = context.producer(value);
  const [a, b] = op?.operands ?? [];
  if (isOp(op, "reciprocal") && a !== undefined) return sizeOf(a, context);
  return isOp(op, "div") && b !== undefined && scalarOf(a) === 1 ? sizeOf(b, context) : undefined;
}

/** Room for 1/n in float32 or with seven digits. */
const TOLERANCE = 1e-6;

function isSameCount(a: Dim, b: Dim): boolean {
  if (typeof a === "string" || typeof b === "string") return a === b;
  return Math.abs(a - b) <= TOLERANCE * a;
}
