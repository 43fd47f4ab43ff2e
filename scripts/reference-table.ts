import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type StatsOptions, type StatsReport, stats } from "../src/driver/stats/stats.js";
import { packageRoot } from "../src/files/package.js";

/** What the reference knows of one network. It doesn't know every number of every network. */
export interface ReferenceNetwork {
  /** The spec that is this network; with `passes` where it is a variant of it. */
  readonly spec: string;
  readonly passes?: string;
  /** Whose network it is, and how it was made. */
  readonly source: string;
  /** Channels, height and width. */
  readonly input: readonly number[];
  readonly parameters: number;
  readonly attentionParameters?: number;
  readonly attentionModules?: number;
  readonly buffers?: number;
  readonly macs?: number;
  readonly attentionMacs?: number;
  readonly macsAt?: Readonly<Record<string, number>>;
}

interface ReferenceFile {
  /** The names of all its networks, by family. */
  readonly families: Readonly<Record<string, readonly string[]>>;
  readonly networks: Readonly<Record<string, ReferenceNetwork>>;
  /** The networks that no spec is, each with the reason. */
  readonly unmatched: Readonly<Record<string, string>>;
}

/**
 * The reference: networks that others built, with their counts. It was made from timm's, torchvision's and the authors'
 * models and, where there are none, from the papers' definitions; `source` says which.
 */
export const reference = JSON.parse(
  readFileSync(join(packageRoot(), "test/data/gallery-reference.json"), "utf8"),
) as ReferenceFile;

const counted = new Map<string, StatsReport>();

/** The counts of a spec, computed once: several networks are variants of one, and others ask for its own. */
export function countsOf(
  spec: string,
  options: Pick<StatsOptions, "passes" | "resolution"> = {},
): StatsReport {
  const key = JSON.stringify([spec, options]);
  const known = counted.get(key) ?? stats(join(packageRoot(), `specs/${spec}.json`), options);
  counted.set(key, known);
  return known;
}

/** Where our network and the reference's differ, one line each; none where every number that it knows is equal. */
export function differences({ spec, passes, macsAt = {}, ...expected }: ReferenceNetwork): readonly string[] {
  const report = countsOf(spec, { passes });
  const actual = {
    input: Object.values(report.input ?? {}).join("x"),
    parameters: report.parameters,
    attentionParameters: report.attentionParameters,
    attentionModules: report.blocks.flatMap((block) => block.attention).length,
    buffers: report.buffers,
    macs: report.macs,
    attentionMacs: report.attentionMacs,
  };
  const wanted: Readonly<Record<string, unknown>> = { ...expected, input: expected.input.join("x") };
  return [
    ...Object.entries(actual).flatMap(([name, value]) =>
      wanted[name] === undefined || wanted[name] === value
        ? []
        : [`${name}: ${value}, the reference has ${wanted[name]}`],
    ),
    ...Object.entries(macsAt).flatMap(([resolution, macs]) => {
      const there = countsOf(spec, { passes, resolution: Number(resolution) });
      return there.macs === macs ? [] : [`macs at ${resolution}: ${there.macs}, the reference has ${macs}`];
    }),
  ];
}

/** One network of the reference, and what became of it. */
export interface ReferenceRow {
  readonly name: string;
  /** Undefined where no spec is this network; then `reason` says why. */
  readonly network?: ReferenceNetwork | undefined;
  readonly reason?: string | undefined;
  /** Whether a spec is this network and every known number is equal. */
  readonly equal: boolean;
}

/** Every network of the reference, by family, compared now: this builds all of them. */
export function walkReference(): ReadonlyMap<string, readonly ReferenceRow[]> {
  const { families, networks, unmatched } = reference;
  return new Map(
    Object.entries(families).map(([family, names]) => [
      family,
      names.map((name) => {
        const network = networks[name];
        const equal = network !== undefined && differences(network).length === 0;
        return { name, network, reason: unmatched[name], equal };
      }),
    ]),
  );
}
