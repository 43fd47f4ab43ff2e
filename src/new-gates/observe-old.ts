import { FactorPlanner } from "../ir/channel-factors.js";
import type { Graph, Op } from "../ir/graph.js";
import { type ImageRuns, type Observed, type ObserveOptions, observeGates } from "./gate-responses.js";
import { ReaderGains } from "./reader-gains.js";

/** What a network gives for all images, and what gates of it do, with what errors of theirs count. */
export function observeOld(
  graph: Graph,
  gates: readonly Op[],
  runs: ImageRuns,
  seed: number,
  options: ObserveOptions = {},
): Promise<Observed> {
  const planner = new FactorPlanner(graph);
  const gains = new ReaderGains(graph, seed);
  const weights = gates.map((gate) => gains.of(planner.unit(gate).result));
  return observeGates(runs, graph, gates, weights, options);
}
