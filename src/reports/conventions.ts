import type { ConventionName, CountedNetwork } from "../analysis/conventions/convention.js";
import { type PrintedNumber, printNumber } from "../analysis/conventions/convention.js";
import { conventions } from "../analysis/conventions/registry.js";
import type { Graph } from "../ir/graph.js";
import { runPasses } from "../passes/engine/manager.js";
import { parsePipeline } from "../passes/engine/pipeline.js";

export type { ConventionName, PrintedNumber };

/** A network's numbers as a paper would count and print them. */
export interface ConventionReport {
  readonly name: ConventionName;
  /** Whose numbers are printed so. */
  readonly source: string;
  readonly parameters: CountedNumber;
  readonly operations: CountedNumber;
}

type CountedNumber = PrintedNumber & {
  /** The counted quantity, in words. */
  readonly counts: string;
};

/** The numbers of a network at model level by a convention. */
export function byConvention(graph: Graph, name: ConventionName): ConventionReport {
  const { source, ...counted } = conventions[name];
  const network = countedNetwork(graph);
  const numberOf = (what: "parameters" | "operations"): CountedNumber => {
    const { counts } = counted[what];
    return { ...printNumber(counted[what].count(network), counted[what]), counts };
  };
  return { name, source, parameters: numberOf("parameters"), operations: numberOf("operations") };
}

/** The network as conventions look at it. */
export function countedNetwork(model: Graph): CountedNetwork {
  return { model, lowered: () => runPasses(model, parsePipeline("lower-attention")).graph };
}
