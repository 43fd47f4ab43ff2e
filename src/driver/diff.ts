import { diffNetworks, type NetworkDiff } from "../analysis/diff.js";
import type { Diagnostic } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { runPasses } from "../passes/manager.js";
import { parsePipeline } from "../passes/pipeline.js";
import { type Model, withModel } from "./model.js";
import type { NetworkOptions } from "./network.js";

/** What `ecagen diff --json` prints. */
export interface DiffReport extends NetworkDiff {
  readonly a: string;
  readonly b: string;
  /** What a reader should know of the comparison. */
  readonly notes: readonly string[];
  /** What the passes of specs did not find that they were asked for. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Compares the networks of two specs or ONNX files: counts, and what changed block by block. Specs are compared by the places
 * in them; blocks of a file are paired with those that they are most alike to.
 *
 * Errors: `InputError` for a wrong spec, file or option.
 */
export function diff(a: string, b: string, options: NetworkOptions = {}): DiffReport {
  return withModel(a, options, (modelA) =>
    withModel(b, options, (modelB) => diffModels([a, modelA], [b, modelB])),
  );
}

function diffModels(
  [a, modelA]: readonly [string, Model],
  [b, modelB]: readonly [string, Model],
): DiffReport {
  const warnings = [...modelA.warnings, ...modelB.warnings];
  if (modelA.kind === "spec" && modelB.kind === "spec") {
    return { a, b, notes: [], warnings, ...diffNetworks(modelA.graph, modelB.graph) };
  }
  const { graphs, notes } = equallyFolded([a, modelA.graph], [b, modelB.graph]);
  return { a, b, notes, warnings, ...diffNetworks(...graphs, "structure") };
}

type Named = readonly [file: string, graph: Graph];

/** Where one network has no normalisations and the other has, those are folded: else every block would differ. */
function equallyFolded(
  a: Named,
  b: Named,
): { readonly graphs: readonly [Graph, Graph]; readonly notes: readonly string[] } {
  const hasNorms = ([, { ops }]: Named): boolean => ops.some(({ kind }) => kind === "batch_norm");
  if (hasNorms(a) === hasNorms(b)) return { graphs: [a[1], b[1]], notes: [] };
  const notes: string[] = [];
  const folded = (each: Named): Graph => {
    if (!hasNorms(each)) return each[1];
    notes.push(
      `${each[0]} is counted with its BatchNorms folded into the convolutions, as the other file has them`,
    );
    return runPasses(each[1], parsePipeline("fold-batch-norm")).graph;
  };
  return { graphs: [folded(a), folded(b)], notes };
}
