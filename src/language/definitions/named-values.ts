import type { JsonPath } from "../../base/json-path.js";
import { joinedShape, LEVEL_NAMES, type MapShape, readingOf, type WrittenFrom } from "../values.js";
import type { DefinitionProblem } from "./amounts.js";
import type { WrittenLayer } from "./layer-schema.js";
import type { ResolvedLayer } from "./resolved-layers.js";

interface Site {
  readonly path: JsonPath;
  readonly name: string;
}

/** How a layer begins: the map that enters it, the layer that reads it, and what is wrong with that. */
interface Begin {
  readonly map: MapShape;
  readonly layers: readonly ResolvedLayer[];
  readonly problems: readonly DefinitionProblem[];
}

/** What a layer with that `from` begins with; without one, with the map before it. */
export function beginOf(
  from: WrittenFrom | undefined,
  before: MapShape,
  { path, name }: Site,
  values: ReadonlyMap<string, MapShape>,
): Begin {
  if (from === undefined) return { map: before, layers: [], problems: [] };
  const reading = readingOf(from);
  const specPath = [...path, "from"];
  const problems: DefinitionProblem[] = reading.names.flatMap((each) =>
    values.has(each) ? [] : [{ path: specPath, message: absentValue(each) }],
  );
  const { shape, problem } = joinedShape(
    reading.how,
    reading.names.flatMap((each) => values.get(each) ?? []),
  );
  if (problem !== undefined) problems.push({ path: specPath, message: problem });
  const map = problems.length === 0 ? shape : { ...shape, channels: Number.NaN };
  const read = { layer: "read", specPath, name: `${name}-from`, channels: map.channels, reading } as const;
  return { map, layers: [read], problems };
}

/** The layer that gives a result its name, if it has one. */
export function keepOf(
  as: string | undefined,
  { channels }: MapShape,
  { path, name }: Site,
): readonly ResolvedLayer[] {
  return as === undefined
    ? []
    : [{ layer: "keep", specPath: [...path, "as"], name: `${name}-as`, channels, as }];
}

/** The values that a layer names beside those of `from`, with the keys that name them. */
export function valuesBeside(
  layer: WrittenLayer | ResolvedLayer,
): readonly { readonly key: string; readonly name: string }[] {
  if (layer.layer === "upsample" && layer.to !== undefined) return [{ key: "to", name: layer.to }];
  if (layer.layer === "global-pool" && layer.weights !== undefined)
    return [{ key: "weights", name: layer.weights }];
  if (layer.layer === "attend")
    return (["keys", "values"] as const).map((key) => ({ key, name: layer[key] }));
  return [];
}

/** Why a value that the definition names can't be read: the layer that names it is not in this block. */
export function absentValue(name: string): string {
  if (LEVEL_NAMES.includes(name)) return absentLevel(name);
  return `there is no "${name}" here: the layer that names it is left out`;
}

/** Why a level that neck or heads name can't be read. */
export function absentLevel(name: string): string {
  return `the network has no level ${name}: no map has the stride ${2 ** LEVEL_NAMES.indexOf(name)}`;
}
