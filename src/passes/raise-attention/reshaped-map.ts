import type { Op, Value } from "../../ir/graph.js";
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

/**
 * The map [N, C, H, W] that a value is in other sizes, if these are [N, C, H·W] and any axes of size 1; and the ops that
 * gave it them.
 */
export function mapOfRows(
  value: Value,
  flow: Dataflow,
): { readonly map: Value; readonly ops: readonly Op[] } | undefined {
  const ops: Op[] = [];
  let map = value;
  for (;;) {
    const op = flow.producer(map);
    const [x] = op?.operands ?? [];
    const [batch, channels, ...places] = map.type.dims;
    if (places.length === 2 && (op === undefined || !RESHAPING.has(op.kind) || ops.length > 0)) {
      const area = places.every((size) => typeof size === "number")
        ? Number(places[0]) * Number(places[1])
        : undefined;
      const isRows =
        batch !== undefined &&
        channels !== undefined &&
        area !== undefined &&
        sameDims(extent(value.type.dims), extent([batch, channels, area]));
      if (isRows) return { map, ops };
    }
    if (op === undefined || x === undefined || !RESHAPING.has(op.kind)) return undefined;
    ops.push(op);
    map = x;
  }
}
