import type { Op } from "./graph.js";
import { isOp } from "./rewrite.js";
import { smallValues } from "./weight.js";

// What `insert-attention` puts behind a layer stands in the layer's scope, which every room can tell by its name.

/** The name of a gate that stands behind a layer. */
export const INSERTED = "inserted";

/** The name of the factor behind such a gate, below the gate. */
export const SCALE = "scale";

/** A gate behind a layer, by the scope of the one and its name below that. */
export interface InsertedPlace {
  readonly layer: string;
  readonly name: string;
}

/** Where a gate stands that a pass put behind a layer; undefined for every other op. */
export function insertedPlace({ loc }: Op): InsertedPlace | undefined {
  return loc.pass === undefined ? undefined : placeIn(loc.scope);
}

/** The factor behind an inserted gate, and the gate's place; undefined for every other op. */
export function insertedScale(op: Op): (InsertedPlace & { readonly scale: number }) | undefined {
  const { scope, pass } = op.loc;
  if (!isOp(op, "mul") || pass === undefined || !scope.endsWith(`/${SCALE}`)) return undefined;
  const place = placeIn(scope.slice(0, -SCALE.length - 1));
  const number = op.operands.find(({ kind }) => kind === "parameter");
  const [scale, ...others] = (number?.kind === "parameter" && smallValues(number.data)) || [];
  return place === undefined || scale === undefined || others.length > 0 ? undefined : { ...place, scale };
}

function placeIn(scope: string): InsertedPlace | undefined {
  const [, layer = "", name] = /^(.*)\/(inserted(?:_\d+)?)$/.exec(scope) ?? [];
  return name === undefined ? undefined : { layer, name };
}
