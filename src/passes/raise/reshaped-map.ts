import type { Op, Value } from "../../ir/graph.js";
import { productOf } from "../../ir/sizes.js";
import { sameDims } from "../../ir/types.js";
import type { Dataflow } from "./dataflow.js";
import { extent } from "./layout.js";

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
export function mapOfRows(value: Value, flow: Dataflow): ReshapedMap | undefined {
  const ops: Op[] = [];
  let found: ReshapedMap | undefined;
  let map = value;
  for (;;) {
    const [batch, channels, ...places] = map.type.dims;
    const isMap = batch !== undefined && channels !== undefined && places.length === 2;
    if (isMap && sameDims(extent(value.type.dims), extent([batch, channels, productOf(places)]))) {
      found = { map, ops: [...ops] };
    }
    const op = flow.producer(map);
    const [x] = op?.operands ?? [];
    if (op === undefined || x === undefined || !RESHAPING.has(op.kind)) return found;
    ops.push(op);
    map = x;
  }
}
