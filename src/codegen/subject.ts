import type { NetworkCounts } from "../analysis/counts.js";
import type { Graph } from "../ir/graph.js";
import type { ResolvedSpec } from "../spec/resolved.js";

/** What code is generated from: everything is finished, so that generators only write down. */
export interface CodegenSubject {
  /** What the spec says beside the network: its name, its description, how images are prepared, names of classes. */
  readonly spec: ResolvedSpec;
  /**
   * The network at model level, after the spec's passes and the caller's: gates and activations are ops, normalisations are
   * not folded, drop rates are there. What was swapped is what is generated.
   */
  readonly graph: Graph;
  readonly counts: NetworkCounts;
  /** The batch of the ONNX file; undefined for one that stays open. */
  readonly batch: number | undefined;
  /** The names that a module's `state_dict` is to have; undefined for those of the parameters. */
  readonly stateNames?: StateNames | undefined;
  /** The version of ecagen. */
  readonly version: string;
}

/** What another framework calls the weights of a network. */
export interface StateNames {
  /** The framework, for people. */
  readonly title: string;
  /** The framework's name of each weight, by the parameter's. Both end in the same word. */
  readonly names: ReadonlyMap<string, string>;
}

/** A file of a generated program that the driver makes: `model` is the ONNX file, `weights` the safetensors file. */
export type Artifact = "model" | "weights";

/** A file of a generated program: its text, its bytes, or which of the network's files it is. */
export type GeneratedFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly artifact: Artifact };

/**
 * Writes a program for a network down. The same subject gives the same files. Paths are relative, with `/`, and inside of
 * the program's folder.
 *
 * Errors: `InputError` for a network that the language has no program for.
 */
export type Generator = (subject: CodegenSubject) => readonly GeneratedFile[];
