import type { JsonPath } from "../../base/json-path.js";
import type { ResolvedLayer } from "../definitions/resolved-layers.js";
import type { LayerDefaults, MapSource } from "../resolved-part.js";
import type { ROW_ORDERS, SHARES } from "./schema.js";

/** The layers between the stages and the heads. */
export interface ResolvedNeck extends LayerDefaults {
  readonly specPath: JsonPath;
  /** Channels of the map that it begins with, the last stage's. */
  readonly inputChannels: number;
  /** The maps that its layers read, by the names that these have for them. */
  readonly maps: Readonly<Record<string, MapSource>>;
  readonly layers: readonly ResolvedLayer[];
}

/** Layers that are applied to several maps, which share their parameters or have each their own. */
export interface ResolvedMapHead extends LayerDefaults {
  readonly specPath: JsonPath;
  readonly name: string;
  readonly share: (typeof SHARES)[number];
  readonly output: MapHeadOutput;
  readonly levels: readonly HeadLevel[];
  /** The layers of each level; with shared parameters, a single list for all levels. */
  readonly lists: readonly (readonly ResolvedLayer[])[];
}

/** One map that a head is applied to. */
export interface HeadLevel {
  /** Its name in scopes and outputs: that of the map. */
  readonly name: string;
  /** A map of the network, or the result of an earlier head. */
  readonly source: MapSource | { readonly head: string };
  readonly inputChannels: number;
  /** Channels of the result. */
  readonly channels: number;
  /** Pixels of the image that one of the result stands for. */
  readonly stride: number;
}

/** Whether a level is what an earlier head made of a map. */
export function isOfHead(source: HeadLevel["source"]): source is { readonly head: string } {
  return typeof source === "object" && "head" in source;
}

/**
 * `maps`: each result is an output. `none`: only later heads read it. Otherwise one output [N, rows, values] of all maps: a map of
 * A · values channels has A rows for each pixel.
 */
export type MapHeadOutput =
  | "maps"
  | "none"
  | { readonly values: number; readonly order: (typeof ROW_ORDERS)[number] };

/** The names of a head's outputs, and the pixels of the image that one of each stands for; undefined where it has rows. */
export function headOutputs({
  name,
  output,
  levels,
}: Pick<ResolvedMapHead, "name" | "output" | "levels">): readonly (readonly [string, number | undefined])[] {
  if (output === "none") return [];
  if (output !== "maps") return [[name, undefined]];
  return levels.map((level) => [`${name}_${level.name}`, level.stride]);
}
