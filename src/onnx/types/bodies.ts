import type { Dim } from "../../ir/types.js";
import { axisIn, type Inferred, type OpenDim } from "./inferred.js";
import type { TypeRule, TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** What is true of two types: sizes in which they differ are open. */
function merged(a: Inferred | undefined, b: Inferred | undefined): Inferred | undefined {
  if (a === undefined || b === undefined || a.dtype !== b.dtype) return undefined;
  const [left, right] = [a.dims, b.dims];
  if (left === undefined || right === undefined || left.length !== right.length) return { dtype: a.dtype };
  return { dtype: a.dtype, dims: left.map((dim, axis) => (dim === right[axis] ? dim : undefined)) };
}

/** What both branches give, or the one that is known to be taken. */
const branches: TypeRule = (node) => {
  const [condition] = node.numbers(0) ?? [];
  const of = (name: string): ReturnType<TypeRule> => {
    const body = node.body(name);
    return body ? node.bodyTypes(body, []) : [];
  };
  if (condition !== undefined) return of(condition === 0 ? "else_branch" : "then_branch");
  const other = of("else_branch");
  return of("then_branch").map((type, i) => merged(type, other[i]));
};

/** Without what is known of the elements, which are others in the next round. */
function carried(type: Inferred | undefined): Inferred | undefined {
  return type && { dtype: type.dtype, dims: type.dims };
}

/** The types of states that a body hands from round to round, and the body's results for them. */
function settled(
  node: RuleNode,
  initial: readonly (Inferred | undefined)[],
  run: (states: readonly (Inferred | undefined)[]) => ReturnType<TypeRule>,
): { readonly states: ReturnType<TypeRule>; readonly results: ReturnType<TypeRule> } {
  let states = initial.map(carried);
  // What changes in one round is open; what changes only then, in a second and third one.
  for (let round = 0; round < 3; round++) {
    const results = run(states);
    const next = states.map((state, i) => merged(state, results[i]));
    if (next.every((type, i) => isSame(type, states[i]))) return { states: next, results };
    states = next;
  }
  return { states: initial.map(() => undefined), results: new Array(node.outputCount).fill(undefined) };
}

function isSame(a: Inferred | undefined, b: Inferred | undefined): boolean {
  return a?.dtype === b?.dtype && JSON.stringify(a?.dims) === JSON.stringify(b?.dims);
}

/** Values that are carried on, then one of each round side by side. */
const loop: TypeRule = (node) => {
  const body = node.body("body");
  if (body === undefined) return [];
  const count = node.inputCount - 2;
  const fixed: readonly Inferred[] = [
    { dtype: "int64", dims: [] },
    { dtype: "bool", dims: [] },
  ];
  const initial = Array.from({ length: count }, (_, i) => node.input(i + 2));
  const { states, results } = settled(node, initial, (given) =>
    node.bodyTypes(body, [...fixed, ...given]).slice(1),
  );
  // A body may end the rounds early, so their number is open.
  const scans = results
    .slice(count)
    .map((type) => type && { dtype: type.dtype, dims: type.dims && [undefined, ...type.dims] });
  return [...states, ...scans];
};

/** The opset of a Scan's newer form; the older one has a batch, and lengths as an input. */
export const SCAN_OPSET = 9;

const scan: TypeRule = (node) => {
  const [body, scanned] = [node.body("body"), node.int("num_scan_inputs", 1)];
  if (body === undefined || node.opset < SCAN_OPSET) return [];
  const count = node.inputCount - scanned;
  const axesOf = (name: string, i: number): number => node.ints(name)?.[i] ?? 0;
  const sequences = Array.from({ length: scanned }, (_, i) => node.input(count + i));
  const axes = sequences.map((type, i) => axisIn(axesOf("scan_input_axes", i), type?.dims?.length ?? 0));
  const length = sequences.map((type, i) => type?.dims?.[axes[i] ?? 0]).find((dim) => dim !== undefined);
  const slices = sequences.map(
    (type, i) => type && { dtype: type.dtype, dims: type.dims?.toSpliced(axes[i] ?? 0, 1) },
  );
  const initial = Array.from({ length: count }, (_, i) => node.input(i));
  const { states, results } = settled(node, initial, (given) => node.bodyTypes(body, [...given, ...slices]));
  const scans = results.slice(count).map((type, i) => {
    const dims = type?.dims;
    const axis = dims && axisIn(axesOf("scan_output_axes", i), dims.length + 1);
    return (
      type && {
        dtype: type.dtype,
        dims: dims && ([...dims] as OpenDim[]).toSpliced(axis ?? 0, 0, length as Dim),
      }
    );
  });
  return [...states, ...scans];
};

/**
 * Operators that run bodies of nodes.
 *
 * Source: https://onnx.ai/onnx/operators/onnx__Loop.html
 */
export const BODIES: TypeRules = { If: branches, Loop: loop, Scan: scan };
