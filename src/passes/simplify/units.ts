import type { Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { elementCount, isIntegerType, sameDims } from "../../ir/types.js";
import type { LentNumbers, StoredNumbers } from "../../ir/weight.js";
import type { Simplification } from "./simplification.js";

/**
 *     x · 1, x / 1, x to the power of 1, x - 0, x + (-0)  →  x        bit for bit, NaN and the infinities too
 *     x + 0                                            →  x        but for x = -0, which becomes 0
 *
 * The last is done for whole numbers, and where no reader can tell a zero's sign (`tellsZeros`). x · 0 stays: it is NaN where
 * x is not finite. Tables of ones count as well, if they will not be trained: their numbers are those of a file.
 */
export const dropUnits: Simplification = (op, context) => {
  const [a, b] = op.operands;
  const [result] = op.results;
  if (a === undefined || b === undefined || result === undefined || op.operands.length !== 2)
    return undefined;
  const fits = (x: Value): boolean => sameDims(x.type.dims, result.type.dims);
  const keeps = (x: Value, other: Value, unit: number): boolean => fits(x) && isAll(other, unit);
  if (isOp(op, "mul")) return keeps(a, b, 1) ? a : keeps(b, a, 1) ? b : undefined;
  if (isOp(op, "div") || isOp(op, "pow")) return keeps(a, b, 1) ? a : undefined;
  if (isOp(op, "sub")) return keeps(a, b, 0) ? a : undefined;
  if (!isOp(op, "add")) return undefined;
  const zero = (x: Value, other: Value): boolean =>
    keeps(x, other, -0) ||
    (keeps(x, other, 0) && (isIntegerType(x.type.dtype) || !context.tellsZeros(result)));
  return zero(a, b) ? a : zero(b, a) ? b : undefined;
};

const PIECE = 1024;

/** Whether a parameter holds one number alone. */
function isAll(value: Value, number: number): boolean {
  if (value.kind !== "parameter" || elementCount(value.data.dims) === 0) return false;
  const { data, role } = value;
  // One that is made to be trained is not what it starts as.
  if (data.kind === "constant") return role === "fixed" && Object.is(data.value, number);
  return data.kind === "stored" && areAll(data.data, number);
}

/** Reads no further than to the first other number. */
function areAll(numbers: StoredNumbers, number: number): boolean {
  const buffer = new Float64Array(Math.min(PIECE, numbers.length));
  for (let start = 0; start < numbers.length; start += buffer.length) {
    const piece = buffer.subarray(0, Math.min(buffer.length, numbers.length - start));
    lent(numbers).copyTo(piece, start);
    if (!piece.every((each) => Object.is(each, number))) return false;
  }
  return true;
}

function lent(numbers: StoredNumbers): LentNumbers {
  if (!(numbers instanceof Float32Array)) return numbers;
  return {
    length: numbers.length,
    copyTo: (target, start) => target.set(numbers.subarray(start, start + target.length)),
  };
}
