import type { ConventionName, CountedNetwork } from "../analysis/conventions/convention.js";
import { type PrintedNumber, printNumber } from "../analysis/conventions/convention.js";
import { conventions } from "../analysis/conventions/registry.js";
import { countNetwork } from "../analysis/counts.js";
import type { Graph } from "../ir/graph.js";
import { runPasses } from "../passes/engine/manager.js";
import { parsePipeline } from "../passes/engine/pipeline.js";

export type { ConventionName, PrintedNumber };

/** A network's numbers as a paper would count and print them. */
export interface ConventionReport {
  readonly name: ConventionName;
  /** Whose numbers are printed so. */
  readonly source: string;
  readonly parameters: PrintedNumber;
  readonly operations: PrintedNumber & {
    /** What an operation is, in words. */
    readonly counts: string;
  };
}

/** The numbers of a network at model level by a convention. */
export function byConvention(graph: Graph, name: ConventionName): ConventionReport {
  const { source, parameters, operations } = conventions[name];
  const counted = printNumber(operations.count(countedNetwork(graph)), operations);
  return {
    name,
    source,
    parameters: printNumber(countNetwork(graph).parameters, parameters),
    operations: { ...counted, counts: operations.counts },
  };
}

/** The network as conventions look at it. */
export function countedNetwork(model: Graph): CountedNetwork {
  return { model, lowered: () => runPasses(model, parsePipeline("lower-attention")).graph };
}
