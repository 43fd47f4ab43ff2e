/**
 * What the command line needs besides the use cases: the words that its flags take, the version, and what a run notes. Every
 * module here is light, because `--help` loads it.
 */
export { CONVENTION_NAMES } from "../analysis/conventions/convention.js";
export { LANGUAGES, type LanguageName } from "../codegen/registry.js";
export { asOneRun } from "../files/files-read.js";
export { packageVersion } from "../files/package.js";
export { defaultPreprocessingNote } from "../given/preprocessing-note.js";
export { TARGETS } from "../ir/attention/lowering/strategy.js";
export { NEW_GATE_STARTS } from "../new-gates/starts.js";
export { OPSETS } from "../onnx/file/opset.js";
export { PRECISIONS } from "../passes/export-options.js";
export { CHART_PARTS, TABLE_PARTS } from "../reports/network/parts.js";
export { DEVICE_NAMES } from "../runtime/devices.js";
export { NAME_KINDS, type NameKind } from "../weights/names/registry.js";
export { SPEC_TEMPLATES } from "./init/templates.js";
