/**
 * ecagen for web pages, and wherever else there is no Node.js: the text of a spec becomes a checked network, its counts, the bytes of
 * its ONNX model, and what tells it from another one. The bytes are those that `ecagen compile` writes.
 */
import { countNetwork, type NetworkCounts } from "./analysis/counts.js";
import type { Diagnostic } from "./base/diagnostic.js";
import { libraryOf } from "./language/library.js";
import { loadSource } from "./language/load.js";
import { diffSpecs, type ModelsDiff } from "./networks/diff-report.js";
import { refuseMissedExpectations } from "./networks/expectations.js";
import { type ExportOptions, encode, lower } from "./networks/export.js";
import { networkOfSpec, type SpecNetwork } from "./networks/spec-network.js";
import { modelBytes } from "./onnx/encode/bytes.js";
import type { PassReport } from "./passes/engine/manager.js";
import { passesOfFlag } from "./passes/engine/pipeline.js";

export type { NetworkCounts } from "./analysis/counts.js";
export {
  CheckError,
  type Diagnostic,
  type DiagnosticJson,
  diagnosticToJson,
  formatDiagnostic,
  InputError,
} from "./base/diagnostic.js";
export type { ModelsDiff } from "./networks/diff-report.js";
export type { ExportOptions } from "./networks/export.js";

/** The version of ecagen, which the bundler puts in. */
declare const ECAGEN_VERSION: string;

export interface SpecOptions {
  /** The spec's name in messages, and the network's where the spec gives none. Default: spec.json. */
  readonly file?: string | undefined;
  /** The texts of specs that it may extend, by names such as `b0-se`. */
  readonly specs?: Readonly<Record<string, string>> | undefined;
  /** Passes after the spec's own, as of `--passes`. */
  readonly passes?: string | undefined;
  /** Height and width instead of the spec's. */
  readonly resolution?: number | undefined;
}

/** A network that was read and checked; the other functions take it. */
export interface LoadedNetwork {
  /** A report on each pass. */
  readonly reports: readonly PassReport[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/** The whole networks behind those that callers have. */
const networks = new WeakMap<LoadedNetwork, SpecNetwork>();

function behind(network: LoadedNetwork): SpecNetwork {
  const found = networks.get(network);
  if (found === undefined) throw new TypeError("this takes a network that loadNetwork made");
  return found;
}

/** A model that is made of a network. */
export interface CompiledModel {
  /** The ONNX file, weights included: float32 or float16, little-endian. */
  readonly bytes: Uint8Array;
  /** Of the network before folding and lowering. */
  readonly counts: NetworkCounts;
}

/**
 * Reads and checks the text of a spec, and builds its network.
 *
 * @throws InputError with everything that is wrong with it, in the order of its places
 */
export function loadNetwork(text: string, options: SpecOptions = {}): LoadedNetwork {
  const extra = passesOfFlag("passes", options.passes);
  const spec = loadSource({ file: options.file ?? "spec.json", text }, libraryOf(options.specs ?? {}));
  const network = networkOfSpec(spec, extra, { resolution: options.resolution });
  networks.set(network, network);
  return network;
}

/** Counts parameters, multiply-accumulates and memory, in total and by block. */
export function countsOf(network: LoadedNetwork): NetworkCounts {
  return countNetwork(behind(network).graph);
}

/**
 * Compiles a network to an ONNX model in memory.
 *
 * @throws InputError for options that don't fit, and for a model of over 2 GiB
 * @throws CheckError where the spec expects other counts than its network has
 */
export function compileNetwork(loaded: LoadedNetwork, options: ExportOptions = {}): CompiledModel {
  const network = behind(loaded);
  refuseMissedExpectations(network);
  const model = encode(network, lower(network, options).graph, { ...options, version: ECAGEN_VERSION });
  const bytes = modelBytes(model, { seed: options.seed ?? 0 });
  return { bytes, counts: countNetwork(network.graph) };
}

/** Compares two networks: counts side by side, and every change, by the places in their specs. */
export function diffNetworks(a: LoadedNetwork, b: LoadedNetwork): ModelsDiff {
  return diffSpecs(behind(a), behind(b));
}
