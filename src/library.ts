/**
 * The library's ways into the use cases that take networks: specs and models in any form, results as promises. What is no path is read under a
 * name of its own (`given/in-memory.ts`), so that each use case knows files alone.
 */
import {
  type CompiledInMemory,
  type CompileOptions,
  type CompileReport,
  compile as compileFile,
  compileInMemory,
} from "./driver/compile/compile.js";
import { type DiffOptions, type DiffReport, diff as diffFiles } from "./driver/diff/diff.js";
import { type PrintedSpec, resolve as resolveFile } from "./driver/resolve/resolve.js";
import {
  type RewriteOptions,
  type RewriteReport,
  type RewrittenInMemory,
  rewrite as rewriteFile,
  rewriteInMemory,
} from "./driver/rewrite/rewrite.js";
import { type StatsOptions, type StatsReport, stats as statsOfFile } from "./driver/stats/stats.js";
import { type VerifyOptions, type VerifyReport, verify as verifyFile } from "./driver/verify/verify.js";
import { type GivenNetwork, type GivenSpec, type ModelBytes, withGiven } from "./given/in-memory.js";
import type { SpecChanges } from "./language/settings.js";

/**
 * Compiles a spec to an ONNX model. With `output` it writes the file; without, nothing is written, and the report has the model's bytes
 * as `model`.
 *
 * ```ts
 * import { compile } from "ecagen";
 *
 * const { model, parameters } = await compile("b0-eca", { opset: 17 });
 * const { output, sha256 } = await compile("b0-eca", { output: "b0-eca.onnx", precision: "fp16" });
 * ```
 *
 * @throws InputError for a wrong spec or option, and for weights that don't fit
 * @throws CheckError for a missed expectation
 */
export function compile(
  spec: GivenSpec | Uint8Array,
  options: CompileOptions & { readonly output: string },
): Promise<CompileReport>;
export function compile(
  spec: GivenSpec | Uint8Array,
  options?: CompileOptions & { readonly output?: undefined },
): Promise<CompiledInMemory>;
export function compile(
  spec: GivenSpec | Uint8Array,
  options?: CompileOptions,
): Promise<CompileReport | CompiledInMemory>;
export function compile(
  spec: GivenSpec | Uint8Array,
  options: CompileOptions = {},
): Promise<CompileReport | CompiledInMemory> {
  return withGiven<CompileReport | CompiledInMemory>([spec], "spec", options, ([file = ""]) =>
    options.output === undefined ? compileInMemory(file, options) : compileFile(file, options),
  );
}

/**
 * Counts the parameters and multiply-accumulates of a spec's network, or of an ONNX model's, in total and by block.
 *
 * ```ts
 * import { type Spec, stats } from "ecagen";
 *
 * const spec: Spec = {
 *   name: "small",
 *   input: { height: 32, width: 32 },
 *   stem: { channels: 8 },
 *   stages: [{ block: "conv-norm-act", channels: 16, attention: "eca" }],
 *   head: { classes: 5 },
 * };
 * const { parameters, macs, blocks } = await stats(spec);
 * ```
 *
 * @throws InputError for a wrong spec, model or option
 */
export function stats(network: GivenNetwork, options: StatsOptions = {}): Promise<StatsReport> {
  return withGiven([network], "network", options, ([file = ""]) => statsOfFile(file, options));
}

/**
 * Compares two networks, specs or ONNX models: counts, changes block by block, and preprocessing.
 *
 * ```ts
 * import { diff } from "ecagen";
 *
 * const { changes } = await diff("b0-se", { extends: "b0-se", passes: ["swap-attention{to=eca}"] });
 * ```
 *
 * @throws InputError for a wrong spec, model or option, with the problems of both
 */
export function diff(a: GivenNetwork, b: GivenNetwork, options: DiffOptions = {}): Promise<DiffReport> {
  return withGiven([a, b], "network", options, ([one = "", other = ""]) => diffFiles(one, other, options));
}

/**
 * Returns a spec with all bases, shorthands and defaults expanded (`spec`), and the resolved spec, with the numbers of each
 * block.
 *
 * ```ts
 * import { resolve } from "ecagen";
 *
 * const { spec, blocks } = await resolve({ text: '{ "extends": "b0-se", "head": { "classes": 10 } }', file: "ten.json" });
 * ```
 *
 * @throws InputError for a wrong spec
 */
export function resolve(spec: GivenSpec | Uint8Array, changes: SpecChanges = {}): Promise<PrintedSpec> {
  return withGiven([spec], "spec", changes, ([file = ""]) => resolveFile(file, changes));
}

/**
 * Verifies an ONNX model on a device: compares a spec's export with the papers' equations, or a model with the reference
 * interpreter of its operators. Needs onnxruntime-node or onnxruntime-web.
 *
 * ```ts
 * import { verify } from "ecagen";
 *
 * const { ok, comparisons } = await verify("small", { seeds: [0, 1] });
 * ```
 *
 * @throws InputError for a wrong spec, model or option
 * @throws DeviceError where the device is not there
 * @throws CheckError at the timeout
 */
export function verify(network: GivenNetwork, options: VerifyOptions = {}): Promise<VerifyReport> {
  return withGiven([network], "network", options, ([file = ""]) => verifyFile(file, options));
}

/**
 * Runs passes on an ONNX model: swaps, inserts or removes gates, simplifies the graph. Parts that no pass changes keep their bytes. With `output` it
 * writes the file; without, the report has the model's bytes as `model`. Results of passes that must keep the values are first run and compared with
 * the original, which needs onnxruntime-node or onnxruntime-web, unless `verify` is false.
 *
 * ```ts
 * import { compile, rewrite } from "ecagen";
 *
 * const { model: before } = await compile({ extends: "small", attention: "se" });
 * const { model, raised } = await rewrite(before, { swaps: ["se=eca"] });
 * ```
 *
 * @throws InputError for invalid models and passes
 * @throws CheckError if a pass that must keep the values doesn't
 */
export function rewrite(
  model: string | Uint8Array | ModelBytes,
  options: RewriteOptions & { readonly output: string },
): Promise<RewriteReport>;
export function rewrite(
  model: string | Uint8Array | ModelBytes,
  options?: RewriteOptions & { readonly output?: undefined },
): Promise<RewrittenInMemory>;
export function rewrite(
  model: string | Uint8Array | ModelBytes,
  options?: RewriteOptions,
): Promise<RewriteReport | RewrittenInMemory>;
export function rewrite(
  model: string | Uint8Array | ModelBytes,
  options: RewriteOptions = {},
): Promise<RewriteReport | RewrittenInMemory> {
  return withGiven<RewriteReport | RewrittenInMemory>([model], "model", options, ([file = ""]) =>
    options.output === undefined ? rewriteInMemory(file, options) : rewriteFile(file, options),
  );
}
