import type { Op, Value } from "../../ir/graph.js";
import type { OpName } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { productOf } from "../../ir/sizes.js";
import { type Dim, sameDims } from "../../ir/types.js";
import type { Producers } from "./dataflow.js";

// A gate's path is a row of numbers for each image, [N, C], whatever axes of size 1 stand around and between them.
// Reshape, Flatten, Squeeze, Unsqueeze and Transpose leave such rows alone, however an exporter writes them; so do Expand
// to the size that there is and Pad by nothing.

const LAYOUT_KINDS: ReadonlySet<string> = new Set([
  "dropout",
  "expand",
  "flatten",
  "identity",
  "pad",
  "reshape",
  "reshape_to",
  "squeeze",
  "transpose",
  "unsqueeze",
] satisfies OpName[]);

/** The sizes that are not 1. */
export function extent(dims: readonly Dim[]): readonly Dim[] {
  return dims.filter((dim) => dim !== 1);
}

/** Whether a type is [N, C] with any axes of size 1. */
export function isRow(dims: readonly Dim[], batch: Dim, channels: Dim): boolean {
  return sameDims(extent(dims), extent([batch, channels]));
}

/** Whether an op hands on its first operand, element by element in the same order, but for axes of size 1. */
export function isLayout(op: Op): boolean {
  if (!LAYOUT_KINDS.has(op.kind)) return false;
  const [x] = op.operands;
  const [y] = op.results;
  if (x === undefined || y === undefined || !sameDims(extent(x.type.dims), extent(y.type.dims))) return false;
  if (!isOp(op, "transpose")) return true;
  const moved = op.attributes.permutation.filter((axis) => x.type.dims[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] as number));
}

/** The value behind any ops that only change the layout, and those ops. */
export function behindLayout(
  value: Value,
  flow: Producers,
): { readonly value: Value; readonly ops: readonly Op[] } {
  const ops: Op[] = [];
  let at = value;
  for (;;) {
    const op = flow.producer(at);
    const [x] = op?.operands ?? [];
    if (op === undefined || x === undefined || !isLayout(op)) return { value: at, ops };
    ops.push(op);
    at = x;
  }
}

/** Ops that keep all elements in their order, whatever their sizes become. */
const RESHAPING: ReadonlySet<string> = new Set([
  "flatten",
  "identity",
  "reshape",
  "reshape_to",
  "squeeze",
  "unsqueeze",
]);

/** A map [N, C, H, W], and the ops that gave it other sizes. */
export interface ReshapedMap {
  readonly map: Value;
  readonly ops: readonly Op[];
}

/**
 * The map that a value is in other sizes, if these are [N, C, H·W] and any axes of size 1: the first value of all that
 * were only reshaped to it which is a map.
 */
export function mapOfRows(value: Value, flow: Producers): ReshapedMap | undefined {
  const ops: Op[] = [];
  let found: ReshapedMap | undefined;
  let map = value;
  for (;;) {
    const [batch, channels, ...spatial] = map.type.dims;
    const isMap = batch !== undefined && channels !== undefined && spatial.length === 2;
    if (isMap && sameDims(extent(value.type.dims), extent([batch, channels, productOf(spatial)]))) {
      found = { map, ops: [...ops] };
    }
    const op = flow.producer(map);
    const [x] = op?.operands ?? [];
    if (op === undefined || x === undefined || !RESHAPING.has(op.kind)) return found;
    ops.push(op);
    map = x;
  }
}
