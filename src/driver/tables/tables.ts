import { join } from "node:path";
import type { ConventionName } from "../../analysis/conventions/convention.js";
import { Defect } from "../../base/diagnostic.js";
import { count } from "../../base/numbers.js";
import { shippedSpecsFolder } from "../../files/spec-files.js";
import { specNetwork } from "../../given/spec-file.js";
import type { Graph } from "../../ir/graph.js";
import { isMeasure, MEASURES, type Measurement, sumOverGates } from "./measures.js";
import { type PublishedRow, type PublishedValue, paperNames, readPaper } from "./paper.js";

/** One published value next to ours. */
export interface PaperRow {
  /** The network in the paper's words. */
  readonly network: string;
  /** The published quantity: `parameters`, `operations`, another of `MEASURES`, or a text for unmeasured quantities. */
  readonly measure: string;
  /** Our network; null if ecagen can't build it. */
  readonly spec: string | null;
  readonly passes: string | null;
  /** How the value is counted and printed. */
  readonly convention: ConventionName;
  readonly published: string;
  /** Our count, or the change in percent; null without a network. */
  readonly exact: number | null;
  /** Ours as the paper would print it. */
  readonly printed: string | null;
  /** Whether both are the same; null if that isn't asserted, with a reason. */
  readonly agrees: boolean | null;
  readonly reason: string | null;
}

export interface PaperTables {
  readonly name: string;
  readonly title: string;
  readonly source: string;
  readonly convention: ConventionName;
  readonly tables: readonly { readonly title: string; readonly rows: readonly PaperRow[] }[];
}

/** The output of `ecagen tables --json`. */
export interface TablesReport {
  readonly papers: readonly PaperTables[];
  /** Number of published values that agree with ours, that don't, and that have no assertion. */
  readonly agreeing: number;
  readonly disagreeing: number;
  readonly notAsserted: number;
}

/**
 * The tables of one paper, or of all, with ecagen's current counts.
 *
 * @throws InputError for a paper without tables
 */
export function paperTables(paper?: string): TablesReport {
  const networkOf = shippedNetworks();
  const papers = (paper === undefined ? paperNames() : [paper]).map((name): PaperTables => {
    const { title, source, convention, tables } = readPaper(name);
    return {
      name,
      title,
      source,
      convention,
      tables: tables.map(({ title, rows }) => ({
        title,
        rows: rows.flatMap((row) => compareRow(row, convention, networkOf)),
      })),
    };
  });
  const rows = papers.flatMap(({ tables }) => tables.flatMap((table) => table.rows));
  const number = (agrees: boolean | null): number => rows.filter((row) => row.agrees === agrees).length;
  return { papers, agreeing: number(true), disagreeing: number(false), notAsserted: number(null) };
}

/** Gives the network of a shipped spec with passes. */
export type NetworkOf = (spec: string, passes?: string) => Graph;

/** Builds networks of shipped specs, each once: many rows share one. */
export function shippedNetworks(): NetworkOf {
  const built = new Map<string, Graph>();
  return (spec, passes) => {
    const key = `${spec} ${passes ?? ""}`;
    const graph = built.get(key) ?? specNetwork(join(shippedSpecsFolder(), `${spec}.json`), { passes }).graph;
    built.set(key, graph);
    return graph;
  };
}

/** What was published of one network next to ours, value by value. */
export function compareRow(
  row: PublishedRow,
  convention: ConventionName,
  networkOf: NetworkOf,
): readonly PaperRow[] {
  return Object.entries(row.published).map(([measure, value]) =>
    compare(row, measure, value, convention, networkOf),
  );
}

function compare(
  row: PublishedRow,
  measure: string,
  value: PublishedValue,
  paperConvention: ConventionName,
  networkOf: NetworkOf,
): PaperRow {
  const { network, spec, passes, against, convention = paperConvention } = row;
  const about = { network, measure, spec: spec ?? null, passes: passes ?? null, convention };
  if (spec === undefined) {
    if (typeof value === "string" || !("notAsserted" in value)) throw new Defect(`${network} needs a spec`);
    const { value: published, notAsserted: reason } = value;
    return { ...about, published, exact: null, printed: null, agrees: null, reason };
  }
  if (!isMeasure(measure)) throw new Defect(`${network}: "${measure}" is no measure`);
  const graph = networkOf(spec, passes);
  const base = against === undefined ? undefined : networkOf(against);
  const take = (published: string): Measurement =>
    MEASURES[measure].take({ graph, against: base, convention }, decimalsOf(published));
  if (typeof value === "string") {
    const ours = take(value);
    return { ...about, published: value, ...ours, agrees: agree(value, ours), reason: null };
  }
  if ("formula" in value) {
    const ours = take("");
    const sum = sumOverGates(graph, value.factor, value.power);
    const published = `Σ ${value.formula} = ${count(sum)}`;
    return { ...about, published, ...ours, agrees: ours.exact === sum, reason: null };
  }
  return { ...about, published: value.value, ...take(value.value), agrees: null, reason: value.notAsserted };
}

const NUMBER = /^[+-]?[\d,]+(?:\.(\d+))?(?: (?:[A-Z]|%))?$/;
const BOUND = /^< (\d+) %$/;

/** The digits behind the point of `24.37 M`: 2; undefined where a text is no such number. */
function decimalsOf(published: string): number | undefined {
  const match = NUMBER.exec(published);
  return match === null ? undefined : (match[1] ?? "").length;
}

function agree(published: string, { exact, printed }: Measurement): boolean {
  const bound = BOUND.exec(published);
  return bound === null ? printed === published : exact < Number(bound[1]);
}
