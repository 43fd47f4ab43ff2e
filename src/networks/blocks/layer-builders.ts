import { Defect } from "../../base/diagnostic.js";
import type { Value } from "../../ir/graph.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type { ResolvedLayer } from "../../language/definitions/resolved-layers.js";
import type { LayerDefaults } from "../../language/resolved-part.js";
import type { LayerBuilder } from "./layers.js";

// What the builders of layers share.

/** What layers take from the block that they belong to, or from a neck or head. */
export type LayersOf = LayerDefaults &
  Pick<ResolvedDefined, "inputChannels" | "gates"> & {
    readonly stage?: number | undefined;
  };

/** A block whose layers are built, and the values that they have named so far. */
export interface DefinedSite {
  readonly block: LayersOf;
  readonly values: Map<string, Value>;
}

/** How a kind of layer becomes ops. */
export type Builder<K extends ResolvedLayer["layer"]> = (
  layers: LayerBuilder,
  x: Value,
  layer: Extract<ResolvedLayer, { readonly layer: K }>,
  site: DefinedSite,
) => Value;

/** [N, C, H, W] → [N, H, W, C], [N, C, L] → [N, L, C] */
export function channelsLast(layers: LayerBuilder, x: Value, layer: string): Value {
  const [batch, ...others] = x.type.dims.map((_, axis) => axis);
  const [channels, ...places] = others;
  if (batch === undefined || channels === undefined) throw new Defect("a map has batch and channels");
  return layers.op("transpose", [x], { permutation: [batch, ...places, channels] }, layer);
}

/** The value of that name, which is known: names were checked. */
export function named(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Defect(`the block has no value "${name}"`);
  return value;
}
