import type { JsonPath } from "../base/json-path.js";
import type { RefuseDefinition } from "./definitions/amounts.js";
import type { FeatureSource, ResolvedSpec, ResolvedStem } from "./resolved.js";
import type { MapSource, ResolvedPosition } from "./resolved-part.js";
import {
  INPUT_VALUE,
  joinedShape,
  LEVEL_NAMES,
  type MapShape,
  type Reading,
  readingOf,
  STEM_VALUE,
  type WrittenFrom,
} from "./values.js";

/** The map that a block begins with. */
interface Entering extends MapShape {
  /** Where it is from, unless it is the map before. */
  readonly reads?: Reading<MapSource> | undefined;
}

/** The maps of a network, in order, while its blocks are resolved; and those of them that have names. */
export class NamedMaps {
  readonly #sources: FeatureSource[] = [];
  readonly #named = new Map<string, FeatureSource>();
  #last: FeatureSource;

  constructor(inputChannels: number, stem: ResolvedStem | undefined) {
    this.#last = { after: "input", stride: 1, channels: inputChannels };
    this.name(INPUT_VALUE);
    if (stem === undefined) return;
    const { channels, pool, stride } = stem;
    this.#push({ after: "stem-convolutions", stride, channels });
    if (pool !== undefined) this.#push({ after: "stem", stride: stride * pool.stride, channels });
    this.name(STEM_VALUE);
  }

  /** Every map that a feature can be, in order. */
  get sources(): readonly FeatureSource[] {
    return this.#sources;
  }

  /** The last map. */
  get last(): FeatureSource {
    return this.#last;
  }

  /** The map of that name, or the last one of that level, as `C3`. */
  named(name: string): FeatureSource | undefined {
    const named = this.#named.get(name);
    if (named !== undefined || !LEVEL_NAMES.includes(name)) return named;
    return this.#sources.findLast(({ stride }) => stride === 2 ** LEVEL_NAMES.indexOf(name));
  }

  /** The levels of the pyramid that there are. */
  get levels(): readonly string[] {
    return LEVEL_NAMES.filter((name) => this.named(name) !== undefined);
  }

  /** What a block with that `from` begins with; without one, with the last map. */
  begin(from: WrittenFrom | undefined, path: JsonPath, refuse: RefuseDefinition): Entering {
    if (from === undefined) return this.#last;
    const { how, names } = readingOf(from);
    // A name that there isn't is reported where names are checked.
    const maps = names.flatMap((name) => this.#named.get(name) ?? []);
    const { shape, problem } = joinedShape(how, maps);
    if (problem !== undefined) refuse({ path, message: problem });
    const channels = maps.length === names.length ? shape.channels : Number.NaN;
    return { reads: { how, names: maps.map(({ after }) => after) }, channels, stride: shape.stride };
  }

  /** Adds the result of a block whose input has that stride. */
  add({ stage, index, stride, channels }: ResolvedPosition, entering: number): void {
    this.#push({ after: { stage, index }, stride: entering * stride, channels });
  }

  /** The stride of the map that a block with those `reads` begins with. */
  strideBefore({ reads }: Pick<ResolvedPosition, "reads">): number {
    const [first] = reads?.names ?? [];
    if (first === undefined) return this.#last.stride;
    if (first === "input") return 1;
    return this.#sources.find(({ after }) => mapKey(after) === mapKey(first))?.stride ?? this.#last.stride;
  }

  /** Gives a map a name; left out, the last one. */
  name(name: string | undefined, map: FeatureSource = this.#last): void {
    if (name !== undefined) this.#named.set(name, map);
  }

  #push(source: FeatureSource): void {
    this.#sources.push(source);
    this.#last = source;
  }
}

/** Every map of a network that a feature can be, in order. */
export function featureSources({
  input,
  stem,
  blocks,
}: Pick<ResolvedSpec, "input" | "stem" | "blocks">): readonly FeatureSource[] {
  const maps = new NamedMaps(input.channels, stem);
  for (const block of blocks) maps.add(block, maps.strideBefore(block));
  return maps.sources;
}

/** A map in one word, different for each. */
export function mapKey(map: MapSource): string {
  if (typeof map === "string") return map;
  return "neck" in map ? `neck.${map.neck}` : `${map.stage}.${map.index}`;
}
