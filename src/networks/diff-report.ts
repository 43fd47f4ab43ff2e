import { countNetwork, type UncountedOperator } from "../analysis/counts.js";
import { type Change, changeOf } from "../analysis/diff/changes.js";
import { diffNetworks, type NetworkDiff, type PairedDiff } from "../analysis/diff/networks.js";
import type { Diagnostic } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import type { ImageMetadata } from "./metadata.js";
import type { SpecNetwork } from "./spec-network.js";

/** One of two networks that are compared. */
export interface DiffedModel {
  readonly graph: Graph;
  /** What it says of images and classes. */
  readonly settings: ImageMetadata;
  readonly warnings: readonly Diagnostic[];
}

/** How two networks differ: in counts, block by block, and in what is done to images. */
export interface ModelsDiff extends NetworkDiff {
  /** Notes on the comparison. */
  readonly notes: readonly string[];
  /** Warnings: selections of the specs' passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
  /** The operators whose multiply-accumulates are missing in the totals of one network or of both. */
  readonly uncounted?: { readonly [side in "a" | "b"]: readonly UncountedOperator[] };
}

/** Compares the networks of two specs, by the places in them. */
export function diffSpecs(a: SpecNetwork, b: SpecNetwork): ModelsDiff {
  return diffReport(diffNetworks(a.graph, b.graph), [], specModel(a), specModel(b));
}

/** The network of a spec as one side of a comparison. */
export function specModel({ graph, spec, warnings }: SpecNetwork): DiffedModel {
  const { preprocessing, labels } = spec.resolved;
  return { graph, warnings, settings: { preprocessing, labels } };
}

/** What was found by comparing two graphs, with what the models say besides. */
export function diffReport(
  { blocks: _, ...networks }: PairedDiff,
  notes: readonly string[],
  a: DiffedModel,
  b: DiffedModel,
): ModelsDiff {
  const uncounted = { a: uncountedOf(a), b: uncountedOf(b) };
  return {
    notes,
    warnings: [...a.warnings, ...b.warnings],
    ...networks,
    changes: [...networks.changes, ...diffSettings(a.settings, b.settings)],
    ...(uncounted.a.length + uncounted.b.length === 0 ? {} : { uncounted }),
  };
}

function uncountedOf({ graph }: DiffedModel): readonly UncountedOperator[] {
  return countNetwork(graph).uncounted ?? [];
}

/** What is done to images, and what the classes are called, where both networks say it. */
function diffSettings(a: ImageMetadata, b: ImageMetadata): readonly Change[] {
  return [...diffPreprocessing(a.preprocessing, b.preprocessing), ...diffLabels(a.labels, b.labels)];
}

type Preprocessing = ImageMetadata["preprocessing"];

function diffPreprocessing(a: Preprocessing, b: Preprocessing): readonly Change[] {
  if (a === undefined || b === undefined) return [];
  const keys = Object.keys({ ...a, ...b }) as (keyof typeof a)[];
  return keys.flatMap((key) => {
    const [before, after] = [JSON.stringify(a[key] ?? null), JSON.stringify(b[key] ?? null)];
    return before === after ? [] : [changeOf("preprocessing-changed", `preprocessing.${key}`, before, after)];
  });
}

type Labels = ImageMetadata["labels"];

function diffLabels(a: Labels, b: Labels): readonly Change[] {
  const length = Math.max(a?.length ?? 0, b?.length ?? 0);
  const first = Array.from({ length }, (_, i) => i).find((i) => a?.[i] !== b?.[i]);
  if (first === undefined) return [];
  const text = (labels: Labels): string | null =>
    labels === undefined
      ? null
      : `${labels.length} labels, label ${first}: ${JSON.stringify(labels[first] ?? null)}`;
  return [changeOf("labels-changed", "labels", text(a), text(b))];
}
