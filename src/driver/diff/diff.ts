import { countNetwork, type UncountedOperator } from "../../analysis/counts.js";
import {
  type DiffedNetwork,
  diffByStructure,
  diffNetworks,
  type NetworkDiff,
} from "../../analysis/diff/networks.js";
import type { Diagnostic } from "../../base/diagnostic.js";
import { type Model, withModel } from "../../given/model.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import { runPasses } from "../../passes/engine/manager.js";
import { parsePipeline } from "../../passes/engine/pipeline.js";
import { canonicalLayers } from "./canonical-layers.js";
import { diffSettings, settingsOf } from "./settings.js";

/** What `ecagen diff --json` prints. */
export interface DiffReport extends NetworkDiff {
  readonly a: string;
  readonly b: string;
  /** What a reader should know of the comparison. */
  readonly notes: readonly string[];
  /** What the passes of specs did not find that they were asked for. */
  readonly warnings: readonly Diagnostic[];
  /** The operators whose multiply-accumulates are missing in the totals of one network or of both. */
  readonly uncounted?: { readonly [side in "a" | "b"]: readonly UncountedOperator[] };
}

/**
 * Compares the networks of two specs or ONNX files: counts, what changed block by block, and what is done to images. Specs are
 * compared by the places in them; blocks of a file are paired with those that they are most alike to.
 *
 * Errors: `InputError` for a wrong spec, file or option.
 */
export function diff(a: string, b: string, options: NetworkOptions = {}): DiffReport {
  return withModel(a, options, (modelA) =>
    withModel(b, options, (modelB) => diffModels([a, modelA], [b, modelB])),
  );
}

/** A network, and the file that it is of. */
type Named = readonly [file: string, model: Model];

/** The same for networks at hand. */
export function diffModels(a: Named, b: Named): DiffReport {
  const areSpecs = a[1].kind === "spec" && b[1].kind === "spec";
  const { networks, notes } = areSpecs
    ? { networks: diffNetworks(a[1].graph, b[1].graph), notes: [] }
    : diffOfFiles(a, b);
  const settings = diffSettings(settingsOf(...a), settingsOf(...b));
  const warnings = [...a[1].warnings, ...b[1].warnings];
  const uncounted = { a: uncountedOf(a), b: uncountedOf(b) };
  return {
    a: a[0],
    b: b[0],
    notes,
    warnings,
    ...networks,
    changes: [...networks.changes, ...settings],
    ...(uncounted.a.length + uncounted.b.length === 0 ? {} : { uncounted }),
  };
}

function uncountedOf([, { graph }]: Named): readonly UncountedOperator[] {
  return countNetwork(graph).uncounted ?? [];
}

function diffOfFiles(
  a: Named,
  b: Named,
): { readonly networks: NetworkDiff; readonly notes: readonly string[] } {
  const folded = foldedFiles(a, b);
  const compared = (lowering: string): NetworkDiff => {
    const [one, other] = [a, b].map((each) => comparable(each, lowering, folded.includes(each))) as [
      DiffedNetwork,
      DiffedNetwork,
    ];
    return diffByStructure(one, other);
  };
  const asWritten = compared("");
  const hasFound = asWritten.changes.length > 0 && [a, b].some(([, { kind }]) => kind === "spec");
  const asFound = hasFound ? compared("lower-attention") : asWritten;
  const silent = [a, b].filter(([file, model]) => settingsOf(file, model).preprocessing === undefined);
  return {
    networks: asFound.changes.length < asWritten.changes.length ? asFound : asWritten,
    notes: [
      ...folded.map(
        ([file]) =>
          `${file} is counted with its BatchNorms folded into the convolutions, as the other file has them; their ε is in the weights then, and not compared`,
      ),
      "weights are not compared, nor what only training has a use for (ecagen weights diff compares weights)",
      ...silent.map(([file]) => `${file} says nothing of what is done to images, so that is not compared`),
    ],
  };
}

/**
 * A network with nothing in it that a file can't have. With `lowering` the gates of a spec are those that are found in the
 * file that it would become: of some kinds a file can't tell which one it is, and some are not found.
 */
function comparable([, { kind, graph }]: Named, lowering: string, isFolded: boolean): DiffedNetwork {
  const lowers = kind === "spec" && lowering !== "";
  const passes = [
    "strip-training",
    ...(lowers ? [lowering] : []),
    ...(isFolded ? ["fold-batch-norm"] : []),
    ...(lowers ? ["raise-attention"] : []),
  ];
  const computed = runPasses(graph, parsePipeline(passes.join())).graph;
  return { graph: computed, layers: canonicalLayers(computed) };
}

/** The files that are to be folded: where one network has no normalisations and the other has, else every block would differ. */
function foldedFiles(a: Named, b: Named): readonly Named[] {
  const hasNorms = ([, { graph }]: Named): boolean => graph.ops.some(({ kind }) => kind === "batch_norm");
  return hasNorms(a) === hasNorms(b) ? [] : [a, b].filter(hasNorms);
}
