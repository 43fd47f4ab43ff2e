import { countNetwork, type NetworkCounts } from "../analysis/counts.js";
import { byConvention, type ConventionName, type ConventionReport } from "./conventions.js";
import { type DeclaredOutput, declaredOutputs } from "./declared-outputs.js";
import { checkExpectations, type ExpectationCheck } from "./expectations.js";
import { type NetworkOptions, specNetwork } from "./network.js";

/** What `ecagen stats --json` prints. */
export interface StatsReport extends NetworkCounts {
  readonly name: string;
  /** Channels, height and width that the MACs are counted at. */
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly outputs: readonly DeclaredOutput[];
  readonly expectations: readonly ExpectationCheck[];
  /** The totals as a paper counts and prints them, where a convention was asked for. */
  readonly convention?: ConventionReport;
}

export interface StatsOptions extends NetworkOptions {
  readonly convention?: ConventionName | undefined;
}

/** Counts the network of a spec, in total and by block, at the spec's input size or another. */
export function stats(file: string, options: StatsOptions = {}): StatsReport {
  const network = specNetwork(file, options);
  const counts = countNetwork(network.graph);
  const { input, name } = network.spec.resolved;
  const { resolution, convention } = options;
  return {
    name,
    input: resolution === undefined ? input : { ...input, height: resolution, width: resolution },
    ...counts,
    outputs: declaredOutputs(network),
    expectations:
      resolution === undefined ? checkExpectations(network.spec, countNetwork(network.declared)) : [],
    ...(convention === undefined ? {} : { convention: byConvention(network.graph, convention) }),
  };
}
