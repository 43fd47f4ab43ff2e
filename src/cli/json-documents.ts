import type { DiagnosticJson } from "../base/diagnostic.js";
import type { BenchReport } from "../driver/bench/bench.js";
import type { CodegenReport } from "../driver/codegen/codegen.js";
import type { CompileReport } from "../driver/compile/compile.js";
import type { DiffReport } from "../driver/diff/diff.js";
import type { DiffsReport } from "../driver/diff/several.js";
import type { DoctorReport } from "../driver/doctor/doctor.js";
import type { KernelReport } from "../driver/explain/explain.js";
import type { LoweringReport } from "../driver/explain/lowering.js";
import type { GraphReport } from "../driver/graph/graph.js";
import type { InspectReport } from "../driver/inspect/inspect.js";
import type { ListedSpec } from "../driver/list/list.js";
import type { NetworkReport } from "../driver/report/report.js";
import type { PrintedSpec } from "../driver/resolve/resolve.js";
import type { RewriteReport } from "../driver/rewrite/rewrite.js";
import type { RunReport } from "../driver/run/run.js";
import type { NetworksReport, StatsReport } from "../driver/stats/stats.js";
import type { MergeReport } from "../driver/sweep/merge.js";
import type { WorkerReport } from "../driver/sweep/queue/worker.js";
import type { SweepReport } from "../driver/sweep/report.js";
import type { TablesReport } from "../driver/tables/tables.js";
import type { VerifyReport } from "../driver/verify/verify.js";
import type { ConvertReport } from "../driver/weights/convert.js";
import type { WeightsDiff } from "../driver/weights/diff.js";
import type { WeightsInventory } from "../driver/weights/inspect.js";
import type { Ran } from "./report-ran.js";

/** The version of all documents of `--json`. A key that goes, or means something else, raises it; a new one does not. */
export const SCHEMA_VERSION = 1;

/** A diagnostic as it is printed. */
interface PrintedDiagnostic extends Omit<DiagnosticJson, "code"> {
  /** `spec/unknown-key`; docs/diagnostics.md lists them, and later versions add some. */
  readonly code: string;
}

/** What the document of a command has beside what the library gives: its version, and diagnostics in their printed form. */
type Printed<Report> = { readonly schemaVersion: typeof SCHEMA_VERSION } & {
  readonly [K in keyof Report]: K extends "warnings" ? readonly PrintedDiagnostic[] : Report[K];
};

/**
 * The documents that commands print with `--json`, by the name of the command. `scripts/generate.ts` makes a JSON Schema of each, with what the
 * comments of the types say. `schema --json` is no such document but a JSON Schema.
 */
export interface JsonDocuments {
  readonly compile: Printed<CompileReport>;
  readonly rewrite: Printed<RewriteReport & { readonly bench?: BenchReport }>;
  readonly verify: Printed<VerifyReport>;
  readonly run: Printed<RunReport>;
  readonly bench: Printed<BenchReport>;
  readonly codegen: Printed<CodegenReport>;
  readonly stats: Printed<StatsReport>;
  readonly "stats-several": Printed<NetworksReport>;
  readonly diff: Printed<DiffReport>;
  readonly "diff-several": Printed<DiffsReport>;
  readonly report: Printed<NetworkReport & Ran>;
  readonly graph: Printed<GraphReport>;
  readonly sweep: Printed<SweepReport>;
  readonly "sweep-merge": Printed<MergeReport>;
  readonly worker: Printed<WorkerReport>;
  readonly inspect: Printed<Omit<InspectReport, "notes">> & {
    readonly notes: readonly PrintedDiagnostic[];
    readonly warnings: readonly PrintedDiagnostic[];
  };
  readonly "weights-inspect": Printed<WeightsInventory>;
  readonly "weights-convert": Printed<ConvertReport>;
  readonly "weights-diff": Printed<WeightsDiff>;
  readonly explain: Printed<KernelReport>;
  readonly "explain-lowering": Printed<LoweringReport>;
  readonly tables: Printed<TablesReport>;
  readonly resolve: Printed<Omit<PrintedSpec, "spec" | "blocks" | "features">> & {
    /** The blocks in order, each with its `block`, `stage`, `index`, `channels` and what else its kind has. */
    readonly blocks: readonly object[];
    /** The feature maps that are outputs; a map of a signal has null for its stride in pixels. */
    readonly features: readonly object[];
    /** The spec in full; its schema is that of specs. */
    readonly spec: object;
  };
  readonly list: Printed<{ readonly specs: readonly ListedSpec[] }>;
  readonly init: Printed<{ readonly file: string }>;
  readonly doctor: Printed<DoctorReport>;
  readonly completion: Printed<{ readonly script: string }>;
  /** What any command prints instead where it is refused, or fails. */
  readonly error: Printed<{ readonly ok: false; readonly errors: readonly PrintedDiagnostic[] }>;
}

/** Their names, and those of the schemas of specs and sweep files. */
export const SCHEMA_NAMES = [
  ...[
    "spec",
    "sweep-file",
    "compile",
    "rewrite",
    "verify",
    "run",
    "bench",
    "codegen",
    "stats",
    "stats-several",
  ],
  ...[
    "diff",
    "diff-several",
    "report",
    "graph",
    "sweep",
    "sweep-merge",
    "worker",
    "inspect",
    "weights-inspect",
    "weights-convert",
    "weights-diff",
    "explain",
    "explain-lowering",
  ],
  ...["tables", "resolve", "list", "init", "doctor"],
  ...["completion", "error"],
] as const satisfies readonly ("spec" | "sweep-file" | keyof JsonDocuments)[];
