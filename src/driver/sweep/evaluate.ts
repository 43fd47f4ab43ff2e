import { dirname, join } from "node:path";
import { countNetwork, gateOf } from "../../analysis/counts.js";
import { utf8 } from "../../base/bytes.js";
import { defined } from "../../base/defined.js";
import {
  CheckError,
  DeviceError,
  type Diagnostic,
  diagnosticToJson,
  InputError,
} from "../../base/diagnostic.js";
import { withHandedOn } from "../../files/handed-on.js";
import { fileHash } from "../../files/hash-file.js";
import { openAssumed } from "../../given/onnx-file.js";
import type { Graph } from "../../ir/graph.js";
import { loadSource } from "../../language/load.js";
import { type Constraint, keepsTo } from "../../language/sweep/quantities.js";
import type { SweepVariant } from "../../language/sweep/variants.js";
import { type FileNetwork, networkOfFile } from "../../networks/file-network.js";
import { networkOfSpec } from "../../networks/spec-network.js";
import { readAgain } from "../../onnx/decode/read-again.js";
import { runPasses } from "../../passes/engine/manager.js";
import { passesOfFlag } from "../../passes/engine/pipeline.js";
import { NO_LIBRARY, type SweepBase } from "./bases.js";
import {
  type RowProblem,
  type SweepRow,
  type TimedVariant,
  type VariantCounts,
  type VerifiedVariant,
  variantInRow,
} from "./row.js";

/** One variant, for the thread or machine that computes its row. It travels to other threads and machines as JSON. */
export interface SweepTask {
  readonly variant: SweepVariant;
  readonly base: SweepBase;
  readonly constraints: readonly Constraint[];
  readonly verify: boolean;
  readonly bench: boolean;
}

/** A variant as other commands take it. */
export interface GivenVariant {
  /** A spec or an ONNX file. */
  readonly file: string;
  readonly kind: SweepBase["kind"];
  readonly set: readonly string[];
  readonly resolution: number | undefined;
  readonly passes: string | undefined;
  /** A file that may be written, and is removed later. */
  readonly scratch: string;
}

/** What is done with variants besides counting: by other use cases, which this one does not know. */
export interface VariantChecks {
  verify(variant: GivenVariant): Promise<VerifiedVariant>;
  bench(variant: GivenVariant): Promise<TimedVariant>;
}

/** The row of a variant. What is wrong with the variant is in the row; nothing is thrown. */
export async function evaluate(task: SweepTask, checks: VariantChecks): Promise<SweepRow> {
  const { variant, base, constraints } = task;
  const row = variantInRow(variant, base.reference);
  try {
    const { counts, warnings } = counted(base, variant);
    const warned = warnings.length === 0 ? {} : { warnings: warnings.map(problemOf) };
    const missed = constraints
      .filter((constraint) => !keepsTo(constraint, counts[constraint.quantity]))
      .map(({ text }) => text);
    if (missed.length > 0) return { ...row, status: "rejected", ...counts, missed, ...warned };
    return { ...row, status: "ok", ...counts, ...(await checked(task, checks)), ...warned };
  } catch (error) {
    return { ...row, status: "error", errors: problemsOf(error) };
  }
}

function problemsOf(error: unknown): readonly RowProblem[] {
  if (error instanceof InputError || error instanceof CheckError || error instanceof DeviceError)
    return error.diagnostics.map(problemOf);
  // One variant that meets a defect keeps no other from being computed.
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return [{ code: "ecagen/defect", message: `a defect of ecagen: ${message}` }];
}

/** Without the file and line: the spec is one that was merged. */
function problemOf(diagnostic: Diagnostic): RowProblem {
  const { code, message, path, hint } = diagnosticToJson(diagnostic);
  return { code, message, ...defined({ path, hint }) };
}

interface Counted {
  readonly counts: VariantCounts;
  readonly warnings: readonly Diagnostic[];
}

function counted(base: SweepBase, variant: SweepVariant): Counted {
  const extra = passesOfFlag("--passes", variant.passes);
  const { set, resolution } = variant;
  if (base.kind === "spec") {
    const loaded = loadSource({ file: base.file, text: base.text }, NO_LIBRARY, { set });
    const { graph, warnings } = networkOfSpec(loaded, extra, { resolution });
    return { counts: countsOf(graph), warnings };
  }
  const { graph, imported, warnings } = openedFile(base, resolution);
  const ran = runPasses(graph, extra, { readAgain: (read) => readAgain(read, imported) });
  return { counts: countsOf(ran.graph), warnings: [...warnings, ...ran.warnings] };
}

function countsOf(graph: Graph): VariantCounts {
  const { parameters, attentionParameters, buffers, macs } = countNetwork(graph);
  const gateCount = graph.ops.filter((op) => gateOf(op) !== undefined).length;
  return { parameters, attentionParameters, buffers, macs, gateCount };
}

type FileBase = Extract<SweepBase, { readonly kind: "onnx" }>;

/** The file that was opened last, whose blocks and gates take longer to find than a variant takes to be made of them. */
let opened: { readonly key: string; readonly network: FileNetwork; readonly close: () => void } | undefined;

function openedFile({ file, reference, sha256 }: FileBase, resolution: number | undefined): FileNetwork {
  const key = JSON.stringify([file, sha256, resolution]);
  if (opened?.key === key) return opened.network;
  opened?.close();
  opened = undefined;
  if (fileHash(file) !== sha256)
    throw InputError.of(
      "sweep/base",
      `the base ${reference} is another file here than where the sweep began`,
    );
  const imported = openAssumed(file, { resolution });
  opened = { key, network: networkOfFile(file, imported), close: () => imported.close() };
  return opened.network;
}

async function checked(
  { variant, base, verify, bench }: SweepTask,
  checks: VariantChecks,
): Promise<Pick<SweepRow, "verify" | "bench">> {
  if (!verify && !bench) return {};
  const text = base.kind === "spec" ? base.text : "";
  return await withHandedOn("base.json", utf8(text), async (path) => {
    const given: GivenVariant = {
      file: base.kind === "spec" ? path : base.file,
      ...{ kind: base.kind, set: variant.set, resolution: variant.resolution, passes: variant.passes },
      scratch: join(dirname(path), "variant.onnx"),
    };
    return defined({
      verify: verify ? await checks.verify(given) : undefined,
      bench: bench ? await checks.bench(given) : undefined,
    });
  });
}
