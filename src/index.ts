/** ecagen as a library: the use cases of the command line, and the types of what they give. */
export {
  CheckError,
  DeviceError,
  type Diagnostic,
  diagnosticToJson,
  formatDiagnostic,
  InputError,
} from "./base/diagnostic.js";
export { type BenchOptions, type BenchReport, bench } from "./driver/bench.js";
export { type CodegenOptions, type CodegenReport, codegen } from "./driver/codegen.js";
export { type CompileOptions, type CompileReport, compile } from "./driver/compile.js";
export { type ConvertOptions, type ConvertReport, convertWeights } from "./driver/convert-weights.js";
export { type DiffReport, diff } from "./driver/diff/diff.js";
export {
  diffWeights,
  type TypeDifference,
  type ValueDifference,
  type WeightsDiff,
} from "./driver/diff-weights.js";
export { type DoctorReport, examine } from "./driver/doctor.js";
export { explainKernels, type KernelReport } from "./driver/explain.js";
export { initSpec } from "./driver/init.js";
export { type InspectFileOptions, type InspectReport, inspect } from "./driver/inspect.js";
export {
  type InspectedTensor,
  type InspectOptions,
  inspectWeights,
  type WeightsInventory,
} from "./driver/inspect-weights.js";
export { LANGUAGES, type LanguageName } from "./driver/languages.js";
export { type ListedSpec, type ListFilter, listSpecs } from "./driver/list.js";
export type { WeightsOptions, WeightsReport } from "./driver/load-weights.js";
export { NAME_KINDS, type NameKind } from "./driver/name-kinds.js";
export type { NewGatesOptions, NewGatesReport } from "./driver/new-gates.js";
export { type PaperRow, type PaperTables, paperTables, type TablesReport } from "./driver/papers/tables.js";
export { resolve } from "./driver/resolve.js";
export { type RewriteOptions, type RewriteReport, rewrite } from "./driver/rewrite.js";
export { type RunOptions, type RunReport, run } from "./driver/run.js";
export { specJsonSchema } from "./driver/schema.js";
export { type StatsOptions, type StatsReport, stats } from "./driver/stats.js";
export { type VerifyOptions, type VerifyReport, verify } from "./driver/verify.js";
