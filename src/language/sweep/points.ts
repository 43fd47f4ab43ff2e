import { type RandomStream, randomStream } from "../../base/random.js";
import { isOpenRange, type OpenRange, type RefuseSweep, type Settings, type Sweep } from "./sweep.js";

/** What is known of a base before it is varied. */
export interface BaseFacts {
  readonly kind: "spec" | "onnx";
  /** Of the resolved spec, or of the file's bytes, in hexadecimal. */
  readonly hash: string;
  /** The gates, with their scopes and stages; a gate outside of all stages has none. */
  readonly gates: readonly {
    readonly at: string;
    readonly type: string;
    readonly stage: number | undefined;
  }[];
  /** The stages whose blocks have an `expansion` that the spec sets. */
  readonly expandedStages: readonly number[];
}

/** One combination: a base and what is set in it. Settings of gates one by one have the key `gate SCOPE`. */
export interface Point {
  readonly base: number;
  readonly settings: Settings;
}

/** How the key of a single gate's setting begins; its scope follows. */
export const GATE_KEY = "gate ";

/** More variants than this are no sweep that a machine gets through, and must be held in memory. */
export const MOST_VARIANTS = 100_000;

/** One thing that is varied: a number of choices, or a range that only a sample draws from. */
interface Dimension {
  readonly name: string;
  readonly size: number;
  choose(index: number): Settings;
  readonly range?: OpenRange;
}

/**
 * The combinations of a sweep: all, with the last axis the fastest, or a sample.
 *
 * @param facts one for each base
 * @param refuse is told where there are too many for a grid, or too few for the sample
 */
export function pointsOf(sweep: Sweep, facts: readonly BaseFacts[], refuse: RefuseSweep): readonly Point[] {
  const spaces = facts.map((base) => dimensionsOf(sweep, base));
  const sizes = spaces.map((space) => space.reduce((product, { size }) => product * size, 1));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const { sample } = sweep;
  if (sample !== undefined) {
    if (sample.count > total) {
      const message = `there are ${total} combinations, and the sample is to have ${sample.count}`;
      refuse("sweep/size", message, ["sample", "count"], { hint: "without a sample all are taken" });
      return [];
    }
    // Near the end of all combinations, draws would mostly be of known ones.
    return total <= 2 * sample.count
      ? someOf(allOf(spaces, sizes), sample.count, randomStream(sample.seed, "order"))
      : drawn(spaces, sample, refuse);
  }
  if (total > MOST_VARIANTS) {
    const message = `there are ${total} combinations; a sweep has at most ${MOST_VARIANTS} variants`;
    refuse("sweep/size", message, ["axes"], { hint: '"sample": { "count": 500 } takes some of them' });
    return [];
  }
  return allOf(spaces, sizes);
}

function dimensionsOf({ list, axes }: Sweep, facts: BaseFacts): readonly Dimension[] {
  const listed: Dimension = {
    name: "list",
    size: list.length,
    choose: (index) => list[index] ?? new Map(),
  };
  const others = [...axes].flatMap(([name, values]): readonly Dimension[] => {
    if (isOpenRange(values)) {
      // A range without a width has one number.
      const size = values.from === values.to ? 1 : Number.POSITIVE_INFINITY;
      return [{ name, size, range: values, choose: () => new Map([[name, values.from]]) }];
    }
    const keys = name === "eachGate" ? facts.gates.map(({ at }) => `${GATE_KEY}${at}`) : [name];
    return keys.map((key) => ({
      name: key,
      size: values.length,
      choose: (index) => new Map([[key, values[index]]]),
    }));
  });
  return [listed, ...others];
}

function allOf(spaces: readonly (readonly Dimension[])[], sizes: readonly number[]): readonly Point[] {
  return spaces.flatMap((space, base) =>
    Array.from({ length: sizes[base] ?? 0 }, (_, index): Point => {
      let rest = index;
      const choices = space.toReversed().map((dimension) => {
        const choice = rest % dimension.size;
        rest = Math.floor(rest / dimension.size);
        return dimension.choose(choice);
      });
      return { base, settings: merged(choices.toReversed()) };
    }),
  );
}

/** A part of all, in their order. */
function someOf(points: readonly Point[], count: number, stream: RandomStream): readonly Point[] {
  const order = points.map((_, i) => [stream.uniform(0, 1), i] as const).sort(([a], [b]) => a - b);
  return order
    .slice(0, count)
    .map(([, i]) => i)
    .sort((a, b) => a - b)
    .flatMap((i) => points[i] ?? []);
}

/** Draws in a row that give nothing new after which there is nothing new: at most half of all combinations are wanted. */
const MOST_REPEATS = 10_000;

/**
 * Draws points until there are `count` different ones. Each axis has a stream of its own. Values that a file repeats, and ranges as narrow as the
 * digits of a draw, have fewer points than they seem to have.
 */
function drawn(
  spaces: readonly (readonly Dimension[])[],
  { count, seed }: NonNullable<Sweep["sample"]>,
  refuse: RefuseSweep,
): readonly Point[] {
  const streams = new Map<string, RandomStream>();
  const uniform = (name: string): number => {
    const stream = streams.get(name) ?? randomStream(seed, name);
    streams.set(name, stream);
    return stream.uniform(0, 1);
  };
  const points = new Map<string, Point>();
  for (let repeats = 0; points.size < count; ) {
    if (repeats === MOST_REPEATS) {
      const message = `only ${points.size} different combinations are drawn, and the sample is to have ${count}`;
      refuse("sweep/size", message, ["sample", "count"], { hint: "wider ranges, or a smaller sample" });
      return [];
    }
    const base = Math.floor(uniform("base") * spaces.length);
    const settings = merged(
      (spaces[base] ?? []).map((dimension) => drawnOf(dimension, uniform(dimension.name))),
    );
    const key = JSON.stringify([base, [...settings]]);
    repeats = points.has(key) ? repeats + 1 : 0;
    points.set(key, { base, settings });
  }
  return [...points.values()];
}

function drawnOf({ name, size, range, choose }: Dimension, part: number): Settings {
  if (range === undefined) return choose(Math.floor(part * size));
  const { from, to, scale } = range;
  const value = scale === "log" ? from * (to / from) ** part : from + (to - from) * part;
  // As many digits as people compare.
  return new Map([[name, Math.min(to, Math.max(from, Number(value.toPrecision(6))))]]);
}

function merged(parts: readonly Settings[]): Settings {
  return new Map(parts.flatMap((part) => [...part]));
}
