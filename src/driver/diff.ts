import { diffNetworks, type NetworkDiff } from "../analysis/diff.js";
import { type NetworkOptions, specNetwork } from "./network.js";

/** What `ecagen diff --json` prints. */
export interface DiffReport extends NetworkDiff {
  readonly a: string;
  readonly b: string;
}

/** Compares the networks of two specs: counts, and what changed block by block. */
export function diff(a: string, b: string, options: NetworkOptions = {}): DiffReport {
  return { a, b, ...diffNetworks(specNetwork(a, options).graph, specNetwork(b, options).graph) };
}
