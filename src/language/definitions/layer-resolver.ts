import type { JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import type { MapAxes } from "../input.js";
import type { Padding } from "../resolved-part.js";
import type { MapShape } from "../values.js";
import { type Amounts, LIMITS, type RefuseDefinition } from "./amounts.js";
import type { Scope } from "./evaluate.js";
import type { LayerKind, WrittenLayer } from "./layer-schema.js";
import type { PerAxis, ResolvedLayer } from "./resolved-layers.js";

// What the resolvers of layers share.

/** Layers of a network's own blocks, with all repetitions written out. No published network has a tenth of it. */
export const MAX_LAYERS = 16384;

/** Counts the layers of a network while its blocks are resolved. */
export interface LayerCount {
  layers: number;
}

/** What the layers of a block take from it. */
export interface LayerContext {
  readonly amounts: Amounts;
  readonly axes: MapAxes;
  readonly refuse: RefuseDefinition;
  readonly activation: ActivationName;
  readonly padding: Padding;
  readonly count: LayerCount;
  /** The values that layers of the block have named so far. */
  readonly values: Map<string, MapShape>;
  /** How numbers of channels are rounded. */
  readonly rounding: Pick<Scope, "divisible" | "scaled">;
  /** A block that the spec defines, as a layer. */
  readonly resolveBlock: Resolver<"block">;
}

/** Layers with all numbers known, and the map that leaves the last of them. */
export interface ResolvedList extends MapShape {
  readonly layers: readonly ResolvedLayer[];
}

/** Where a layer stands, and the map that enters it. */
export interface At {
  readonly path: JsonPath;
  readonly name: string;
  readonly channelsIn: number;
  readonly strideIn: number;
}

/** How a kind of layer becomes numbers. */
export type Resolver<K extends LayerKind> = (
  layer: Extract<WrittenLayer, { readonly layer: K }>,
  at: At,
  context: LayerContext,
) => ResolvedList;

export function paddingOf<W extends string>(
  padding: Extract<WrittenLayer, { readonly layer: "conv" | "pool" }>["padding"] & {},
  words: readonly W[],
  { path, channelsIn }: At,
  amounts: Amounts,
): W | PerAxis {
  const word = words.find((each) => each === padding);
  return word ?? amounts.sides(padding, [...path, "padding"], LIMITS.padding, channelsIn);
}

/** Whether numbers have values; what made one of them NaN was reported. */
export function isKnown(...numbers: readonly number[]): boolean {
  return !numbers.some(Number.isNaN);
}

export function partOf({ path, name, channelsIn }: At, channels = channelsIn) {
  return { specPath: path, name, channels };
}

export function one(layer: ResolvedLayer, stride: number): ResolvedList {
  return { layers: [layer], channels: layer.channels, stride };
}

/** A layer whose map is as high and wide as before. */
export function same(layer: ResolvedLayer, { strideIn }: At): ResolvedList {
  return one(layer, strideIn);
}
