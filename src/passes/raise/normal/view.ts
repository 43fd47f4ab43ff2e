import type { Value } from "../../../ir/graph.js";

/**
 * A value of a graph as its normal form has it: the normal value with its axes turned. Axis i of what is seen is axis
 * `permutation[i]` of the normal value, as in ONNX's Transpose; left out, they are the same.
 */
export interface View {
  readonly value: Value;
  readonly permutation?: readonly number[] | undefined;
}

/** transpose(transpose(x, inner), outer) as one permutation; undefined where it leaves all axes where they are. */
export function turnedBy(
  inner: readonly number[] | undefined,
  outer: readonly number[] | undefined,
): readonly number[] | undefined {
  const turned =
    inner === undefined || outer === undefined
      ? (inner ?? outer)
      : outer.map((axis) => inner[axis] as number);
  return turned?.every((axis, i) => axis === i) ? undefined : turned;
}

/** [N, C, H, W] as [N, H, W, C], and [N, C, L] as [N, L, C]. */
export function channelsLast(rank: number): readonly number[] | undefined {
  if (rank === 4) return [0, 2, 3, 1];
  return rank === 3 ? [0, 2, 1] : undefined;
}

/** The permutation that undoes another one. */
export function inverseOf(permutation: readonly number[]): readonly number[] {
  return permutation.map((_, axis) => permutation.indexOf(axis));
}
