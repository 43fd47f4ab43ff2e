import { Defect } from "../../base/diagnostic.js";
import type { Value } from "../../ir/graph.js";
import { elementCount, gatedChannels, placesOf } from "../../ir/types.js";
import type {
  HeadLevel,
  MapHeadOutput,
  ResolvedMapHead,
  ResolvedNeck,
} from "../../language/neck/resolved.js";
import type { MapSource } from "../../language/resolved-part.js";
import { INPUT_VALUE } from "../../language/values.js";
import { buildList } from "./defined-layers.js";
import { channelsLast } from "./layer-builders.js";
import type { LayerBuilder } from "./layers.js";

/** The maps of the stages → layers → every value that these read or name. */
export function buildNeck(
  layers: LayerBuilder,
  neck: ResolvedNeck,
  mapOf: (source: MapSource) => Value,
): ReadonlyMap<string, Value> {
  const maps = Object.entries(neck.maps).map(([name, source]) => [name, mapOf(source)] as const);
  const values = new Map(maps);
  const x = values.get(INPUT_VALUE) ?? maps[0]?.[1];
  if (x === undefined) throw new Defect("the neck reads no map");
  buildList(layers, x, neck.layers, { block: { ...neck, gates: [] }, values });
  return values;
}

/** What a head made: the result of each of its maps, and the network's outputs among what follows of them. */
export interface BuiltHead {
  readonly results: readonly Value[];
  readonly outputs: readonly Value[];
}

/**
 * x₁ → layers → y₁
 * x₂ → layers → y₂     with one set of parameters, one for each, or one but for batch normalisations: that follows from the scopes
 *
 * @param enter the layers of one application, in a scope of its own
 * @param mapOf the map that a level reads; `i` is its place among the levels
 */
export function buildMapHead(
  enter: (level?: string) => LayerBuilder,
  head: ResolvedMapHead,
  mapOf: (source: HeadLevel["source"], i: number) => Value,
): BuiltHead {
  const results = head.levels.map(({ name, source, inputChannels }, i) => {
    const layers = enter(name);
    const x = mapOf(source, i);
    const list = head.lists[i] ?? head.lists[0] ?? [];
    const y = buildList(layers, x, list, {
      block: { ...head, inputChannels, gates: [] },
      values: new Map([[INPUT_VALUE, x]]),
    });
    // Layers that do nothing give what may be another output.
    return y === x ? layers.op("identity", [x], {}, "output") : y;
  });
  const { output } = head;
  if (output === "none") return { results, outputs: [] };
  if (output === "maps") return { results, outputs: results };
  const [first, ...others] = results.map((map, i) => rowsOf(enter(head.levels[i]?.name), map, output));
  if (first === undefined) throw new Defect(`the head ${head.name} has no maps`);
  const rows = others.length === 0 ? first : enter().op("concat", [first, ...others], { axis: 1 }, "rows");
  return { results, outputs: [rows] };
}

/**
 * [N, A · K, H, W] → [N, H · W · A, K]: the K numbers of each anchor in a row. Rows stand pixel by pixel, as in RetinaNet's
 * `permute(0, 3, 4, 1, 2)`, or anchor by anchor, as in YOLO's.
 */
function rowsOf(layers: LayerBuilder, map: Value, { values, order }: Exclude<MapHeadOutput, string>): Value {
  const what = "the head's result";
  const [, channels] = gatedChannels(map.type, what);
  const [anchors, pixels] = [channels / values, elementCount(placesOf(map.type, what))];
  const shape = [0, anchors * pixels, values];
  if (order === "pixels") {
    const last = channelsLast(layers, map, "rows/last");
    return layers.op("reshape", [last], { shape }, "rows");
  }
  const split = layers.op("reshape", [map], { shape: [0, anchors, values, pixels] }, "rows/split");
  const last = layers.op("transpose", [split], { permutation: [0, 1, 3, 2] }, "rows/last");
  return layers.op("reshape", [last], { shape }, "rows");
}
