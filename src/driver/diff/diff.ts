import { diffByNames, diffByStructure, type NetworkDiff } from "../../analysis/diff/networks.js";
import { type NamedModel, withModels } from "../../given/models.js";
import type { Graph } from "../../ir/graph.js";
import {
  type DiffedModel,
  diffReport,
  diffSpecs,
  type ModelsDiff,
  specModel,
} from "../../networks/diff-report.js";
import { imageMetadata } from "../../networks/metadata.js";
import type { NetworkOptions } from "../../networks/spec-network.js";
import { runPasses } from "../../passes/engine/manager.js";
import { parsePipeline } from "../../passes/engine/pipeline.js";
import { foldBatchNorm } from "../../passes/fold-batch-norm.js";
import { canonicalLayers } from "./canonical-layers.js";
import { type FailedCondition, failedConditions, failOnOf } from "./fail-on.js";
import { type NamedNetwork, namedAlike, withNamesOf } from "./named-alike.js";

/** What `ecagen diff --json` prints of two networks. */
export interface DiffReport extends ModelsDiff {
  readonly a: string;
  readonly b: string;
  /** The conditions of `failOn` that hold; left out where none are given. */
  readonly failed?: readonly FailedCondition[];
}

export interface DiffOptions extends NetworkOptions {
  /** What is a failure: `parameters>+1%`, `macs>+0`, `attention-removed`. */
  readonly failOn?: readonly string[] | undefined;
}

/**
 * Compares the networks of two specs or ONNX files: counts, what changed block by block, and what is done to images. Specs are
 * compared by the scopes in them; blocks of a file are paired with those that they are most alike to.
 *
 * Errors: `InputError` for a wrong spec, file or option.
 */
export function diff(a: string, b: string, options: DiffOptions = {}): DiffReport {
  const failOn = options.failOn?.map(failOnOf);
  return withModels([a, b], options, (models) => {
    const [one, other] = models as readonly [NamedModel, NamedModel];
    return judged(diffModels(one, other), failOn);
  });
}

/** A diff with the conditions that hold of it. */
export function judged(report: DiffReport, failOn: ReturnType<typeof failOnOf>[] | undefined): DiffReport {
  return failOn === undefined ? report : { ...report, failed: failedConditions(failOn, report) };
}

/** The same for networks at hand. */
export function diffModels(a: NamedModel, b: NamedModel): DiffReport {
  const files = { a: a[0], b: b[0] };
  if (a[1].kind === "spec" && b[1].kind === "spec") return { ...files, ...diffSpecs(a[1], b[1]) };
  const { networks, notes } = diffOfFiles(a, b);
  return { ...files, ...diffReport(networks, notes, sideOf(a), sideOf(b)) };
}

function sideOf([file, model]: NamedModel): DiffedModel {
  if (model.kind === "spec") return specModel(model);
  const settings = imageMetadata(file, new Map(Object.entries(model.imported.metadata)));
  return { graph: model.graph, warnings: model.warnings, settings };
}

function diffOfFiles(
  a: NamedModel,
  b: NamedModel,
): { readonly networks: NetworkDiff; readonly notes: readonly string[] } {
  const folded = foldedFiles(a, b);
  const compared = (lowering: string): NetworkDiff => {
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
function fewer(a: NetworkDiff, b: NetworkDiff): NetworkDiff {
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
