import { type Dim, type DType, elementCount, indexesAt, MOST_VALUES } from "../../ir/types.js";

/** A size as far as an operator says it: undefined for one that only a run has. */
export type OpenDim = Dim | undefined;

/** The type of a result as far as its operator says it. */
export interface Inferred {
  readonly dtype: DType;
  /** Undefined where not even the rank is known. */
  readonly dims?: readonly OpenDim[] | undefined;
  /** The elements of a small tensor of integers or truth values (0, 1), where all are known. */
  readonly values?: readonly Dim[] | undefined;
}

/** No real tensor has more axes. */
const MOST_AXES = 64;

/** Sizes that only a run has; undefined for a rank that is not known, or none. */
export function openDims(rank: OpenDim): readonly OpenDim[] | undefined {
  const isRank = typeof rank === "number" && Number.isInteger(rank) && rank >= 0 && rank <= MOST_AXES;
  return isRank ? new Array<OpenDim>(rank).fill(undefined) : undefined;
}

/** A tensor of an element type and a rank, of sizes that only a run has. */
export function open(dtype: DType, rank: OpenDim): Inferred {
  return { dtype, dims: openDims(rank) };
}

/** An axis that may be counted from the end. */
export function axisIn(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}

/** Whether every size is a number. */
export function areNumbers(dims: readonly OpenDim[] | undefined): dims is readonly number[] {
  return dims?.every((dim) => typeof dim === "number") === true;
}

/** The elements of a small tensor of known sizes, each by its position along every axis; undefined where one is not known. */
export function elementsOf(
  dims: readonly OpenDim[] | undefined,
  at: (position: readonly number[]) => OpenDim,
): readonly Dim[] | undefined {
  if (!areNumbers(dims) || elementCount(dims) > MOST_VALUES) return undefined;
  const elements = Array.from({ length: elementCount(dims) }, (_, flat) => at(indexesAt(flat, dims)));
  return elements.every((each) => each !== undefined) ? elements : undefined;
}

/** An element of a tensor whose elements are known; an axis of one is repeated, and missing ones stand before. */
export function elementAt(
  { dims, values }: Pick<Inferred, "dims" | "values">,
  position: readonly number[],
): OpenDim {
  if (!areNumbers(dims) || values === undefined) return undefined;
  const own = position.slice(position.length - dims.length);
  const flat = dims.reduce((sum, size, axis) => sum * size + (size === 1 ? 0 : (own[axis] ?? 0)), 0);
  return values[flat];
}

/** Sizes as NumPy broadcasts them. One that may be 1 or more is what the other is, if that is known to be more. */
export function broadcast(
  ...shapes: readonly (readonly OpenDim[] | undefined)[]
): readonly OpenDim[] | undefined {
  const known = shapes.filter((dims) => dims !== undefined);
  if (known.length < shapes.length) return undefined;
  const rank = Math.max(0, ...known.map(({ length }) => length));
  return Array.from({ length: rank }, (_, axis) => {
    const own = known.map((dims) => (axis - rank + dims.length < 0 ? 1 : dims[axis - rank + dims.length]));
    const others = new Set(own.filter((dim) => dim !== 1));
    const numbers = [...others].filter((dim) => typeof dim === "number");
    if (numbers.length > 0) return numbers[0];
    return others.size > 1 ? undefined : others.size === 1 ? [...others][0] : 1;
  });
}
