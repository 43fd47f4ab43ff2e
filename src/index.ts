/** ecagen as a library: the use cases of the command line, and the types of what they give. */
export {
  CheckError,
  DeviceError,
  type Diagnostic,
  diagnosticToJson,
  formatDiagnostic,
  InputError,
} from "./base/diagnostic.js";
export type { DiagnosticCode } from "./base/diagnostic-codes/registry.js";
export { type BenchOptions, type BenchReport, bench } from "./driver/bench/bench.js";
export { type CodegenOptions, type CodegenReport, codegen } from "./driver/codegen/codegen.js";
export type { NameKind } from "./driver/command-line.js";
export { LANGUAGES, type LanguageName, NAME_KINDS } from "./driver/command-line.js";
export type { CompiledInMemory, CompileOptions, CompileReport } from "./driver/compile/compile.js";
export type { DiffOptions, DiffReport } from "./driver/diff/diff.js";
export { diffMarkdown } from "./driver/diff/markdown.js";
export {
  type ComparedDiff,
  type ComparedNetwork,
  type DiffsReport,
  diffSeveral,
} from "./driver/diff/several.js";
export { type DoctorReport, examine } from "./driver/doctor/doctor.js";
export { explainKernels, type KernelReport } from "./driver/explain/explain.js";
export { drawGraph, type GraphOptions, type GraphReport } from "./driver/graph/graph.js";
export { initSpec } from "./driver/init/init.js";
export {
  type InspectedTensor,
  type InspectFileOptions,
  type InspectReport,
  inspect,
} from "./driver/inspect/inspect.js";
export { type ListedSpec, type ListFilter, listSpecs } from "./driver/list/list.js";
export { type NetworkReport, type ReportOptions, report } from "./driver/report/report.js";
export type { PrintedSpec } from "./driver/resolve/resolve.js";
export type { RewriteOptions, RewriteReport, RewrittenInMemory } from "./driver/rewrite/rewrite.js";
export { type RunOptions, type RunReport, run } from "./driver/run/run.js";
export { specJsonSchema } from "./driver/schema/schema.js";
export {
  type NamedStats,
  type NetworksReport,
  type StatsOptions,
  type StatsReport,
  statsSeveral,
} from "./driver/stats/stats.js";
export { type PaperRow, type PaperTables, paperTables, type TablesReport } from "./driver/tables/tables.js";
export type { VerifyOptions, VerifyReport } from "./driver/verify/verify.js";
export { type ConvertOptions, type ConvertReport, convertWeights } from "./driver/weights/convert.js";
export {
  diffWeights,
  type TypeDifference,
  type ValueDifference,
  type WeightsDiff,
} from "./driver/weights/diff.js";
export {
  type InspectOptions,
  inspectWeights,
  type ListedTensor,
  type WeightsInventory,
} from "./driver/weights/inspect.js";
export type { GivenNetwork, GivenSpec, ModelBytes, SpecText } from "./given/in-memory.js";
export type { Spec } from "./language/spec.js";
export { compile, diff, resolve, rewrite, stats, verify } from "./library.js";
export type { WeightsOptions, WeightsReport } from "./networks/load-weights.js";
export type { NewGatesReport } from "./new-gates/start.js";
export type { NewGatesOptions } from "./trials/new-gates.js";
