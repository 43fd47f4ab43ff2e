import { basename } from "node:path";
import type { ConventionName } from "../../analysis/conventions/convention.js";
import { countNetwork, type FoldedNorms, foldedNorms, type NetworkCounts } from "../../analysis/counts.js";
import { type Diagnostic, forEachOrAllErrors } from "../../base/diagnostic.js";
import { type Model, withModel } from "../../given/model.js";
import { optionsOf } from "../../given/models.js";
import type { NetworkInput } from "../../language/input.js";
import { checkExpectations, type ExpectationCheck } from "../../networks/expectations.js";
import { type DeclaredOutput, declaredOutputs, inputSize } from "../../networks/interface.js";
import type { NetworkOptions, SpecNetwork } from "../../networks/spec-network.js";
import { byConvention, type ConventionReport } from "../../reports/conventions.js";

export type { FoldedNorms };

/** The output of `ecagen stats --json`. */
export interface StatsReport extends NetworkCounts {
  readonly name: string;
  /** Input size of the MACs: channels, and height and width or length; null for a file without an image or signal. */
  readonly input: NetworkInput | null;
  readonly outputs: readonly DeclaredOutput[];
  readonly expectations: readonly ExpectationCheck[];
  /** The totals as a paper counts and prints them, if a convention was requested. */
  readonly convention?: ConventionReport;
  /** For a file with folded BatchNorms: the counts before folding. */
  readonly beforeFolding?: FoldedNorms;
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

export interface StatsOptions extends NetworkOptions {
  readonly convention?: ConventionName | undefined;
}

/**
 * Counts the network of a spec, in total and by block, at the spec's input size or another; or that of an ONNX file.
 *
 * Errors: `InputError` for a wrong spec, file or option.
 */
export function stats(file: string, options: StatsOptions = {}): StatsReport {
  return withModel(file, options, (model) => statsOf(model, file, options));
}

/** The output of `ecagen stats --json` of several networks. */
export interface NetworksReport {
  /** In the order in which they are given. */
  readonly networks: readonly NamedStats[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/** The counts of one of several networks. */
export interface NamedStats extends Omit<StatsReport, "warnings"> {
  readonly file: string;
}

/**
 * The same of several networks.
 *
 * Errors: one `InputError` with the problems of all of them.
 */
export function statsSeveral(files: readonly string[], options: StatsOptions = {}): NetworksReport {
  const reports = forEachOrAllErrors(files, (file) => stats(file, optionsOf(file, files, options)));
  return {
    networks: reports.map(({ warnings: _, ...report }, i) => ({ file: files[i] ?? "", ...report })),
    warnings: reports.flatMap(({ warnings }) => warnings),
  };
}

function statsOf(model: Model, file: string, options: StatsOptions): StatsReport {
  const { graph } = model;
  const counts = countNetwork(graph);
  const { convention } = options;
  const before = model.kind === "onnx" ? foldedNorms(graph, counts.parameters) : undefined;
  return {
    // Exporters call every graph the same.
    name: model.kind === "spec" ? graph.name : basename(file),
    input: inputSize(graph),
    ...counts,
    outputs:
      model.kind === "spec"
        ? declaredOutputs(model)
        : graph.outputs.map(({ name, type: { dims } }) => ({ name, dims })),
    expectations: model.kind === "spec" ? expectationsOf(model, options) : [],
    ...(convention === undefined ? {} : { convention: byConvention(graph, convention) }),
    ...(before === undefined ? {} : { beforeFolding: before }),
    warnings: model.warnings,
  };
}

function expectationsOf(network: SpecNetwork, { resolution }: StatsOptions): readonly ExpectationCheck[] {
  return resolution === undefined ? checkExpectations(network.spec, countNetwork(network.declared)) : [];
}
