import type { JsonPath } from "../../base/json-path.js";
import { joinedChannels, readingOf, type WrittenFrom } from "../values.js";
import type { DefinitionProblem } from "./amounts.js";
import type { MapShape } from "./map-shape.js";
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
  const maps = reading.names.flatMap((each) => values.get(each) ?? []);
  const channels = joinedChannels(
    reading.how,
    maps.map((map) => map.channels),
  );
  const strides = new Set(maps.map(({ stride }) => stride).filter((stride) => !Number.isNaN(stride)));
  if (typeof channels === "string") problems.push({ path: specPath, message: channels });
  if (strides.size > 1) problems.push({ path: specPath, message: sizesDiffer([...strides]) });
  const known = problems.length === 0 && typeof channels === "number";
  const map = { channels: known ? channels : Number.NaN, stride: maps[0]?.stride ?? Number.NaN };
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

/** Why a value that the definition names can't be read: the layer that names it is not in this block. */
export function absentValue(name: string): string {
  return `there is no "${name}" here: the layer that names it is left out`;
}

function sizesDiffer(strides: readonly number[]): string {
  return `maps of different sizes can't be joined: their strides are ${strides.join(" and ")}`;
}
