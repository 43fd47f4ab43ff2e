import type { Graph } from "../ir/graph.js";
import { runPasses } from "../passes/manager.js";
import { invocationOf } from "../passes/pipeline.js";

/** The graph with weights that make every part of it matter: a freshly initialised network hides mistakes. */
export function stressed(graph: Graph): Graph {
  return runPasses(graph, [invocationOf("stress-weights")]).graph;
}
