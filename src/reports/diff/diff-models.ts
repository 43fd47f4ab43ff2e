import { diffByNames, diffByStructure, diffNetworks, type PairedDiff } from "../../analysis/diff/networks.js";
import type { NamedModel } from "../../given/models.js";
import type { Graph } from "../../ir/graph.js";
import { type DiffedModel, diffReport, type ModelsDiff, specModel } from "../../networks/diff-report.js";
import { imageMetadata } from "../../networks/metadata.js";
import { runPasses } from "../../passes/engine/manager.js";
import { parsePipeline } from "../../passes/engine/pipeline.js";
import { foldBatchNorm } from "../../passes/fold-batch-norm.js";
import { canonicalLayers } from "./canonical-layers.js";
import { type NamedNetwork, namedAlike, withNamesOf } from "./named-alike.js";

/** How two models differ, and what they are called. */
export interface NamedModelsDiff extends ModelsDiff {
  readonly a: string;
  readonly b: string;
}

/** The same, with the blocks that were taken for each other. */
export interface PairedModels {
  readonly diff: NamedModelsDiff;
  readonly blocks: PairedDiff["blocks"];
}

/**
 * Compares two networks: counts, what changed block by block, and what is done to images. Specs are compared by the scopes in them; blocks
 * of a file are paired with those that they are most alike to.
 */
export function diffModels(a: NamedModel, b: NamedModel): NamedModelsDiff {
  return pairedModels(a, b).diff;
}

export function pairedModels(a: NamedModel, b: NamedModel): PairedModels {
  const { networks, notes } =
    a[1].kind === "spec" && b[1].kind === "spec"
      ? { networks: diffNetworks(a[1].graph, b[1].graph), notes: [] }
      : diffOfFiles(a, b);
  const diff = diffReport(networks, notes, sideOf(a), sideOf(b));
  return { diff: { a: a[0], b: b[0], ...diff }, blocks: networks.blocks };
}

function sideOf([file, model]: NamedModel): DiffedModel {
  if (model.kind === "spec") return specModel(model);
  const settings = imageMetadata(file, new Map(Object.entries(model.imported.metadata)));
  return { graph: model.graph, warnings: model.warnings, settings };
}

function diffOfFiles(
  a: NamedModel,
  b: NamedModel,
): { readonly networks: PairedDiff; readonly notes: readonly string[] } {
  const folded = foldedFiles(a, b);
  const compared = (lowering: string): PairedDiff => {
    const [one, other] = [a, b].map((each) => comparable(each, lowering, folded.includes(each))) as [
      NamedNetwork,
      NamedNetwork,
    ];
    const byStructure = diffByStructure(one, other);
    const [namedOne, namedOther] = byStructure.changes.length === 0 ? [] : namedAlike(one, other);
    if (namedOne === undefined || namedOther === undefined) return byStructure;
    return fewer(byStructure, diffByNames(namedOne, namedOther));
  };
  const asWritten = compared("");
  const hasFound = asWritten.changes.length > 0 && [a, b].some(([, { kind }]) => kind === "spec");
  const asFound = hasFound ? compared("lower-attention") : asWritten;
  const silent = [a, b].filter((each) => sideOf(each).settings.preprocessing === undefined);
  return {
    networks: fewer(asWritten, asFound),
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

/** The one that says the same with fewer changes. */
function fewer(a: PairedDiff, b: PairedDiff): PairedDiff {
  return b.changes.length < a.changes.length ? b : a;
}

/**
 * A network with nothing in it that a file can't have. With `lowering` the gates of a spec are those that are found in the
 * file that it would become: of some kinds a file can't tell which one it is, and some are not found.
 */
function comparable([, model]: NamedModel, lowering: string, isFolded: boolean): NamedNetwork {
  const { kind, graph } = model;
  const lowers = kind === "spec" && lowering !== "";
  const passes = [
    "strip-training",
    "standardize-weights",
    ...(lowers ? [lowering] : []),
    ...(isFolded ? ["fold-batch-norm"] : []),
    ...(lowers ? ["raise-attention"] : []),
    // Rows of heads that become boxes are read by nothing.
    "eliminate-dead-code",
  ];
  const computed = runPasses(graph, parsePipeline(passes.join())).graph;
  const named = model.kind === "onnx" ? withNamesOf(model.attention.graph, computed) : undefined;
  return { graph: computed, layers: canonicalLayers(computed), named };
}

/**
 * The files that are to be folded: where one network has normalisations that can be and the other has none left, else every block
 * would differ.
 */
function foldedFiles(a: NamedModel, b: NamedModel): readonly NamedModel[] {
  const norms = ({ ops }: Graph): number => ops.filter(({ kind }) => kind === "batch_norm").length;
  const canBeFolded = ([, { graph }]: NamedModel): boolean =>
    norms(foldBatchNorm.run(graph, {})) < norms(graph);
  const foldable = [a, b].filter(canBeFolded);
  return foldable.length === 1 ? foldable : [];
}
