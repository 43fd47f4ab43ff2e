import { floorQuotient, isNatural, minus, plus } from "../../ir/sizes.js";
import type { Dim } from "../../ir/types.js";
import { axisIn, elementAt, elementsOf, type Inferred, type OpenDim, open } from "./inferred.js";
import type { TypeRule } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** A result of the type of the first input whose elements are moved: `from` says the position of each. */
export function moved(
  node: RuleNode,
  dims: readonly OpenDim[] | undefined,
  from: (position: readonly number[]) => readonly number[] | undefined,
  input = 0,
): Inferred {
  const x = node.input(input);
  const values =
    x?.values &&
    elementsOf(dims, (position) => {
      const at = from(position);
      return at && elementAt(x, at);
    });
  return { dtype: node.dtype(input), dims, values };
}

/** Bounds beyond an axis are its ends; one that is not known leaves the size open. */
export const slice: TypeRule = (node) => {
  const dims = node.dims(0);
  const asInputs = node.has(1);
  const list = (attribute: string, input: number): readonly Dim[] | "unknown" | undefined =>
    asInputs ? node.list("", input) : node.ints(attribute);
  const [starts, ends, given, steps] = [
    list("starts", 1),
    list("ends", 2),
    list("axes", 3),
    list("steps", 4),
  ];
  if (dims === undefined || given === "unknown")
    return [dims ? open(node.dtype(0), dims.length) : { dtype: node.dtype(0) }];
  const rank = [starts, ends].find((each) => Array.isArray(each))?.length ?? node.dim(1, 0);
  const axes =
    given?.map((axis) => axisIn(Number(axis), dims.length)) ?? [...dims.keys()].slice(0, Number(rank));
  const ranges = new Map(
    axes.map((axis, i) => {
      const at = (of: readonly Dim[] | "unknown" | undefined): OpenDim =>
        Array.isArray(of) ? of[i] : undefined;
      return [
        axis,
        rangeOf(dims[axis] ?? 0, at(starts), at(ends), steps === undefined ? 1 : at(steps)),
      ] as const;
    }),
  );
  const sizes = dims.map((dim, axis) => (ranges.has(axis) ? ranges.get(axis)?.count : dim));
  const from = (position: readonly number[]): readonly number[] | undefined => {
    const found = position.map((at, axis) => {
      const range = ranges.get(axis);
      if (range === undefined) return at;
      return typeof range.start === "number" && range.step !== undefined
        ? range.start + at * range.step
        : undefined;
    });
    return found.every((at) => at !== undefined) ? found : undefined;
  };
  return [moved(node, sizes, from)];
};

interface Range {
  readonly start?: OpenDim;
  readonly step?: number;
  readonly count: OpenDim;
}

function rangeOf(size: Dim, start: OpenDim, end: OpenDim, step: OpenDim): Range {
  if (start === undefined || end === undefined || typeof step !== "number" || step === 0)
    return { count: undefined };
  const [first, last] = step > 0 ? [0, size] : [minus(size, 1), -1];
  const [from, to] = [inside(start, size, first, step), inside(end, size, last, step)];
  if (from === undefined || to === undefined) return { count: undefined };
  const room = step > 0 ? minus(to, from) : minus(from, to);
  const count = floorQuotient(plus(room, Math.abs(step) - 1), Math.abs(step));
  if (typeof count === "number") return { start: from, step, count: Math.max(0, count) };
  return { start: from, step, count };
}

/** A bound counted from the start; `edge` for one beyond. Undefined where that depends on a symbol. */
function inside(bound: Dim, size: Dim, edge: Dim, step: number): OpenDim {
  if (typeof bound === "number" && typeof size === "number") {
    const at = bound < 0 ? bound + size : bound;
    return step > 0 ? Math.min(Math.max(at, 0), size) : Math.min(Math.max(at, -1), size - 1);
  }
  if (bound === size) return edge;
  // Exporters write the largest integer for the end.
  if (typeof bound === "number" && Math.abs(bound) >= 2 ** 31 - 1)
    return bound > 0 === step > 0 ? edge : step > 0 ? 0 : minus(size, 1);
  if (typeof bound === "number" && bound < 0) return plus(size, bound);
  if (bound === 0) return 0;
  const left = minus(size, bound);
  return isNatural(left) ? bound : undefined;
}
