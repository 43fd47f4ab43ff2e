import type { NetworkCounts } from "../analysis/counts.js";
import type { Graph } from "../ir/graph.js";
import type { ResolvedSpec } from "../language/resolved.js";

/** What a program is generated from that only runs a network: everything is finished, so that generators only write down. */
export interface InterfaceSubject {
  /** What is said beside the network: its name, its description, how images are prepared, names of classes. */
  readonly spec: Pick<ResolvedSpec, "name" | "description" | "preprocessing" | "labels">;
  /** Its inputs and outputs are what counts. */
  readonly graph: Graph;
  readonly counts: NetworkCounts;
  /** The batch of the ONNX file; undefined for one that stays open. */
  readonly batch: number | undefined;
  /** The version of ecagen. */
  readonly version: string;
}

/** What code is generated from that has the network in it. */
export interface CodegenSubject extends InterfaceSubject {
  readonly spec: ResolvedSpec;
  /**
   * The network at model level, after the spec's passes and the caller's: gates and activations are ops, normalisations are
   * not folded, drop rates are there. What was swapped is what is generated.
   */
  readonly graph: Graph;
  /**
   * What `graph` and the networks that its gates can become are, that itself first: for languages whose programs hold
   * several networks against each other, and empty for the others. Inputs, outputs and preprocessing are the same.
   */
  readonly variants: readonly Variant[];
  /** The names that a module's `state_dict` is to have; undefined for those of the parameters. */
  readonly stateNames?: StateNames | undefined;
  /** The network before passes exchanged gates of it; undefined where none did. */
  readonly old?: OldNetwork | undefined;
}

/** A network whose gates passes exchanged. */
export interface OldNetwork {
  readonly graph: Graph;
  readonly counts: NetworkCounts;
  /** As those of the network after it; undefined too where the framework has no names for the old gates. */
  readonly stateNames: StateNames | undefined;
}

/** One of the networks of a program that has several. */
export interface Variant {
  /** A name for files and keys: small letters of ASCII, digits, hyphens and underscores. */
  readonly id: string;
  /** In a word: `SE`, `ECA`, `no gates`. */
  readonly title: string;
  /** In full: `Squeeze-and-Excitation`. */
  readonly description: string;
  /** The passes, in text form, that make it of the spec's network; empty for that itself. */
  readonly passes: string;
  readonly gates: number;
  readonly counts: NetworkCounts;
  readonly weights: VariantWeights;
}

/** Where the numbers of a variant come from. */
export interface VariantWeights {
  /** The name of the file, without its folder; undefined where all are initial. */
  readonly file: string | undefined;
  /** The seed of those that are initial. */
  readonly seed: number;
  /** How many tensors have their initial numbers all the same: those of gates that a pass made. */
  readonly initial: number;
  /** How many tensors of the file belonged to what a pass took away. */
  readonly dropped: number;
}

/** What another framework calls the weights of a network. */
export interface StateNames {
  /** The framework, for people. */
  readonly title: string;
  /** The framework's name of each weight, by the parameter's. Both end in the same word. */
  readonly names: ReadonlyMap<string, string>;
}

/**
 * A file of a generated program that the driver makes: `model` is the ONNX file, `weights` the safetensors file, `old-weights` that of the
 * network before passes exchanged its gates.
 */
export type Artifact = "model" | "weights" | "old-weights";

/**
 * A file of a generated program: its text, its bytes, or which of the network's files it is, and of which variant by its
 * `id`; left out, the network itself.
 */
export type GeneratedFile =
  | { readonly path: string; readonly text: string }
  | { readonly path: string; readonly bytes: Uint8Array }
  | { readonly path: string; readonly artifact: Artifact; readonly variant?: string };

/**
 * Writes a program for a network down. The same subject gives the same files. Paths are relative, with `/`, and inside of
 * the program's folder.
 *
 * Errors: `InputError` for a network that the language has no program for.
 */
export type Generator = (subject: CodegenSubject) => readonly GeneratedFile[];

/** The same for a program that only runs the network, whatever is in it. */
export type InterfaceGenerator = (subject: InterfaceSubject) => readonly GeneratedFile[];
