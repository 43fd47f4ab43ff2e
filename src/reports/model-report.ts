import type { NetworkCounts, UncountedOperator } from "../analysis/counts.js";
import { defined } from "../base/defined.js";
import type { Diagnostic } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import type { NewGatesReport } from "../new-gates/start.js";
import type { PassReport } from "../passes/engine/manager.js";
import type { Insertion } from "../passes/insert/inserted.js";
import { isPassName, passOf } from "../passes/registry.js";
import type { HalfPrecision } from "../trials/half-precision.js";
import type { SwappedReport } from "../trials/swapped-gates.js";

/** Where a model was written. */
export interface WrittenReport {
  readonly output: string;
  /** The size of the ONNX file, without external data. */
  readonly bytes: number;
  /** Of the ONNX file, where the caller wants it. */
  readonly sha256?: string;
  readonly externalData?: { readonly file: string; readonly bytes: number; readonly sha256?: string };
}

/** What a model is made of: nodes of an opset, the totals of its network, and what they leave out. */
export function figuresOf(
  opset: number | null,
  { ops }: Graph,
  { parameters, attentionParameters, macs, productMacs, uncounted, found }: NetworkCounts,
) {
  return {
    ...{ opset, nodes: ops.length, parameters, attentionParameters, macs },
    ...defined({ productMacs, uncounted, found }),
  };
}

/** What a report says of a model that passes have made. */
export interface ModelReport {
  /** Of ONNX's own operators; null where there are none. */
  readonly opset: number | null;
  readonly nodes: number;
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly macs: number;
  /** Multiply-accumulates of products of two computed tensors, beside `macs`. */
  readonly productMacs?: number;
  /** Sizes that only a run has and that `macs` depend on, with the largest that they can be, which is counted. */
  readonly found?: Readonly<Record<string, number>>;
  /** The operators whose multiply-accumulates are missing in `macs`. */
  readonly uncounted?: readonly UncountedOperator[];
  readonly passes: readonly PassReport[];
  /** How the gates that a swap made start, where that was asked for. */
  readonly newGates?: NewGatesReport;
  /** What became of gates that had weights, where passes took them away. */
  readonly swapped?: SwappedReport;
  /** The gates that passes put in; left out where there are none. */
  readonly inserted?: readonly Insertion[];
  /** Where the model has numbers in half precision. */
  readonly halfPrecision?: HalfPrecision;
  /** What a reader should know of what was done. */
  readonly notes: readonly string[];
  /** What a user should know of a file that was written all the same. */
  readonly warnings: readonly Diagnostic[];
}

/** What a report says of gates that were put in; nothing where there are none. */
export function insertedOf(inserted: readonly Insertion[] = []): Pick<ModelReport, "inserted"> {
  return inserted.length === 0 ? {} : { inserted };
}

/**
 * Which of the passes that a user asked for did nothing. One of several of a name is told by its number; of those that tidy up, and may be
 * run again in case there is something to do, one that did something is enough.
 */
export function idleNotes(reports: readonly PassReport[]): readonly string[] {
  const names = [...new Set(reports.map(({ name }) => name))];
  return names.flatMap((name) => {
    const each = reports.filter((report) => report.name === name);
    const idle = each.flatMap(({ changed }, i) => (changed ? [] : [i + 1]));
    if (idle.length === each.length) return [`the pass ${name} changed nothing`];
    if (isPassName(name) && passOf(name).tidies === true) return [];
    return idle.map((number) => `the pass ${name} changed nothing as number ${number} of ${each.length}`);
  });
}
