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
  /** The ONNX file's sha256, if requested. */
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
  /** The opset of the standard ONNX operators; null if there are none. */
  readonly opset: number | null;
  readonly nodes: number;
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly macs: number;
  /** Multiply-accumulates of products of two computed tensors, which are not part of `macs`. */
  readonly productMacs?: number;
  /** Sizes that are only known at run time and that `macs` depend on, with their upper bounds, which are counted. */
  readonly found?: Readonly<Record<string, number>>;
  /** The operators whose multiply-accumulates are missing in `macs`. */
  readonly uncounted?: readonly UncountedOperator[];
  readonly passes: readonly PassReport[];
  /** How the swapped gates start, if this was requested. */
  readonly newGates?: NewGatesReport;
  /** What replaced gates with weights that passes removed. */
  readonly swapped?: SwappedReport;
  /** The gates that passes inserted; absent if there are none. */
  readonly inserted?: readonly Insertion[];
  /** Where the model uses half precision. */
  readonly halfPrecision?: HalfPrecision;
  /** Notes on the result. */
  readonly notes: readonly string[];
  /** Warnings about the written file. */
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
