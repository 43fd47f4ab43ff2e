import { recoverBlocks } from "../analysis/structure/recover.js";
import type { RecoveredBlock } from "../analysis/structure/recovered-block.js";
import { withBlocks } from "../analysis/structure/scopes.js";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { type PassReport, runPasses } from "../passes/engine/manager.js";
import { type RaisedAttention, raiseAttention } from "../passes/raise/raise-attention.js";
import { type AssumedModel, openAssumed } from "./assumed-sizes.js";
import type { NetworkOptions } from "./network.js";
import { passesOfFlag } from "./passes-flag.js";

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
  /** What passes did not find that they were asked for. */
  readonly warnings: readonly Diagnostic[];
}

type FileOptions = Pick<NetworkOptions, "passes" | "resolution">;

/**
 * Reads an ONNX file, finds its structure, and does something with it; its numbers can be read until that is done.
 *
 * Errors: `InputError` for a file that is no model, and for options that only specs have a use for.
 */
export function withFileNetwork<T>(file: string, options: FileOptions, act: (network: FileNetwork) => T): T {
  const imported = openAssumed(file, options.resolution);
  try {
    if (imported.side === undefined) refuseResolution(file, options);
    return act(networkOf(file, imported, options));
  } finally {
    imported.close();
  }
}

/** The network of a file that was read. */
export function networkOf(file: string, imported: AssumedModel, { passes }: FileOptions = {}): FileNetwork {
  const attention = raiseAttention(imported.graph);
  const recovered = recoverBlocks(attention.graph);
  const { graph, reports, warnings } = runPasses(
    withBlocks(attention.graph, recovered),
    passesOfFlag("--passes", passes),
  );
  return { file, imported, attention, recovered, graph, reports, warnings: [...imported.notes, ...warnings] };
}

export function refuseResolution(file: string, { resolution }: FileOptions): void {
  if (resolution === undefined) return;
  throw InputError.of("onnx/resolution", `--resolution is about specs; the sizes of ${file} are fixed`, {
    file,
    hint: "a spec's network can be built at another size",
  });
}
