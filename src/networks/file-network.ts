import type { RecoveredBlock } from "../analysis/structure/classify.js";
import { recoverBlocks, withBlocks } from "../analysis/structure/recover.js";
import type { Diagnostic } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import type { ImportedModel } from "../onnx/decode/import.js";
import type { ForeignNode } from "../onnx/decode/opaque-node.js";
import { readAgain } from "../onnx/decode/read-again.js";
import type { Sizes } from "../onnx/file/value-info.js";
import { type PassEvent, type PassReport, runPasses } from "../passes/engine/manager.js";
import { passesOfFlag } from "../passes/engine/pipeline.js";
import { type RaisedAttention, raiseAttention } from "../passes/raise/raise-attention.js";
import type { NetworkOptions } from "./spec-network.js";

/** A file that was read, with numbers for sizes that it leaves open. */
export interface AssumedModel extends ImportedModel {
  /** Those numbers, by symbol; undefined where there are none. The file stays open. */
  readonly taken?: Sizes;
  /** Inputs and outputs with the sizes that the file declares, open ones as symbols. */
  readonly declared: Pick<Graph, "inputs" | "outputs">;
}

/** The network of an ONNX file, looked at as one of a spec: at model level, in stages and blocks. */
export interface FileNetwork {
  readonly file: string;
  readonly imported: AssumedModel;
  /** The gates that were found among its nodes, and what is nearly one. */
  readonly attention: RaisedAttention;
  /** Before the caller's passes; its blocks in the order of `graph.blocks`. */
  readonly recovered: readonly RecoveredBlock[];
  /** After the caller's passes. */
  readonly graph: Graph;
  readonly reports: readonly PassReport[];
  /** Each pass with the network before and after it. */
  readonly steps: readonly PassEvent[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/** The network of a file that was read. */
export function networkOfFile(
  file: string,
  imported: AssumedModel,
  { passes }: Pick<NetworkOptions, "passes"> = {},
): FileNetwork {
  const attention = raiseAttention(imported.graph);
  const recovered = recoverBlocks(attention.graph);
  const steps: PassEvent[] = [];
  const { graph, reports, warnings } = runPasses(
    withBlocks(attention.graph, recovered),
    passesOfFlag("--passes", passes),
    { readAgain: (read) => readAgain(read, imported), after: (event) => void steps.push(event) },
  );
  return {
    ...{ file, imported, attention, recovered, graph, reports, steps },
    warnings: [...imported.notes, ...warnings],
  };
}

/** The nodes of a file that no op of the IR can say, of one operator. */
export interface OpaqueOperator {
  readonly operator: string;
  /** Empty for ONNX's own. */
  readonly domain: string;
  readonly count: number;
  /** Why the first of them is opaque. */
  readonly reason: string;
}

/** The operators of opaque nodes, those with the most nodes first. */
export function opaqueOperators(foreign: readonly ForeignNode[]): readonly OpaqueOperator[] {
  const found = new Map<string, { operator: string; domain: string; count: number; reason: string }>();
  for (const { operator, domain, reason } of foreign) {
    const key = JSON.stringify([domain, operator]);
    const known = found.get(key);
    if (known === undefined) found.set(key, { operator, domain, count: 1, reason });
    else known.count++;
  }
  return [...found.values()].sort((a, b) => b.count - a.count || (a.operator < b.operator ? -1 : 1));
}
