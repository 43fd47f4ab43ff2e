import { type RecoveredBlock, recoverBlocks } from "../analysis/structure/recover.js";
import { withBlocks } from "../analysis/structure/scopes.js";
import { InputError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { type ImportedModel, openModel } from "../onnx/import.js";
import { type PassReport, runPasses } from "../passes/manager.js";
import { parsePipeline } from "../passes/pipeline.js";
import { type RaisedAttention, raiseAttention } from "../passes/raise-attention.js";
import type { NetworkOptions } from "./network.js";

/** The network of an ONNX file, looked at as one of a spec: at model level, in stages and blocks. */
export interface FileNetwork {
  readonly file: string;
  readonly imported: ImportedModel;
  /** The gates that were found among its nodes, and what is nearly one. */
  readonly attention: RaisedAttention;
  /** Before the caller's passes; its blocks in the order of `graph.blocks`. */
  readonly recovered: readonly RecoveredBlock[];
  /** After the caller's passes. */
  readonly graph: Graph;
  readonly reports: readonly PassReport[];
  /** After this the numbers of its parameters can't be read. */
  close(): void;
}

/**
 * Reads an ONNX file and finds its structure. Errors: `InputError` for a file that is no model, and for options that only
 * specs have a use for.
 */
export function fileNetwork(
  file: string,
  { passes, resolution }: Pick<NetworkOptions, "passes" | "resolution"> = {},
): FileNetwork {
  const invocations =
    passes === undefined
      ? []
      : parsePipeline(passes, { source: { file: "--passes", text: passes }, offset: 0 });
  if (resolution !== undefined) throw fixedSize(file);
  const imported = openModel(file);
  try {
    const attention = raiseAttention(imported.graph);
    const recovered = recoverBlocks(attention.graph);
    const { graph, reports } = runPasses(withBlocks(attention.graph, recovered), invocations);
    return { file, imported, attention, recovered, graph, reports, close: imported.close };
  } catch (error) {
    imported.close();
    throw error;
  }
}

function fixedSize(file: string): InputError {
  return InputError.of("onnx/resolution", `--resolution is about specs; the sizes of ${file} are fixed`, {
    file,
    hint: "a spec's network can be built at another size",
  });
}
