import type { Op, OpOf, Value } from "../ir/graph.js";
import { operandsOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { withSize } from "../ir/sizes.js";
import type { Dim } from "../ir/types.js";
import { smallValues } from "../ir/weight.js";

/** Sizes that only a run has, such as how many boxes are left, and the largest that they can be. */
export type FoundSizes = ReadonlyMap<string, number>;

/** Of every size that an op finds the most that there can be, where that follows from the network. */
export function foundSizes(ops: readonly Op[]): FoundSizes {
  const found = new Map<string, number>();
  const producers = new Map<Value, Op>();
  for (const op of ops) {
    for (const result of op.results) producers.set(result, op);
    const named = countOf(op);
    if (typeof named !== "string") continue;
    const most = mostOf(op, found, (value) => producers.get(value));
    if (most !== undefined) found.set(named, Math.min(most, found.get(named) ?? most));
  }
  return found;
}

/** A size with the largest that its open parts can be; as it is where they have no limit. */
export function largestSize(dim: Dim, found: FoundSizes): Dim {
  if (typeof dim === "number") return dim;
  return [...found].reduce<Dim>((size, [name, most]) => withSize(size, name, most), dim);
}

function countOf(op: Op): Dim | undefined {
  return isOp(op, "top_k") || isOp(op, "nonzero") || isOp(op, "non_max_suppression")
    ? op.attributes.count
    : undefined;
}

function mostOf(op: Op, found: FoundSizes, producerOf: (value: Value) => Op | undefined): number | undefined {
  if (isOp(op, "top_k")) return mostBest(op, found, producerOf);
  if (isOp(op, "nonzero")) return product(operandsOf(op).x.type.dims, found);
  if (!isOp(op, "non_max_suppression")) return undefined;
  const [images = 1, classes = 1, boxes = 1] = operandsOf(op).scores.type.dims;
  const each = product([boxes], found);
  const of = product([images, classes], found);
  return each === undefined || of === undefined ? undefined : of * Math.min(op.attributes.most, each);
}

/** No more than the smallest of the numbers that the count is the minimum of, nor than there are elements. */
function mostBest(
  op: OpOf<"top_k">,
  found: FoundSizes,
  producerOf: (value: Value) => Op | undefined,
): number | undefined {
  const { x, k } = operandsOf(op);
  const limited = producerOf(k);
  const limits = limited?.kind === "min" ? limited.operands.flatMap(numbersOf) : [];
  const there = product([x.type.dims[op.attributes.axis] ?? 1], found);
  const all = there === undefined ? limits : [...limits, there];
  return all.length === 0 ? undefined : Math.min(...all);
}

function numbersOf(value: Value): readonly number[] {
  return value.kind === "parameter" ? (smallValues(value.data) ?? []) : [];
}

function product(dims: readonly Dim[], found: FoundSizes): number | undefined {
  const sizes = dims.map((dim) => largestSize(dim, found));
  return sizes.every((size) => typeof size === "number")
    ? sizes.reduce((all, size) => all * size, 1)
    : undefined;
}
