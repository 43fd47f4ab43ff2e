import type { Deadline } from "../../base/deadline.js";
import type { Graph } from "../../ir/graph.js";
import type { Check, Tolerance } from "../../runtime/compare.js";
import type { GateEffects } from "../../trials/gate-effects.js";
import type { InputShape } from "../../trials/numbers.js";
import type { ReferenceOptions } from "../../trials/reference-runs.js";

/** A model that is run. */
export interface Subject {
  readonly label: string;
  /** Its bytes, or its file. */
  readonly model: Uint8Array | string;
}

/** One set of weights: the models that have them, and what these must compute. */
export interface Round {
  readonly weights: string;
  /** What must be computed; undefined where the reference interpreter can't say it. */
  readonly reference: Graph | undefined;
  /** The numbers of the reference's parameters, where they are at hand. */
  readonly parameters?: ReferenceOptions["parameters"];
  /** Whether the network chooses anything by its numbers, as boxes by their scores. */
  readonly selects: boolean;
  /** The inputs that the models are run with, where there is no reference that has them. */
  readonly inputs?: readonly InputShape[] | undefined;
  /** Whether the model that others are compared with where there is no reference computes in half precision itself. */
  readonly isCoarse?: boolean | undefined;
  /** The scopes of the blocks, in order. */
  readonly blocks: readonly string[];
  /** The model that is verified, and then the one that is compared with it, if there is one. */
  readonly subjects: readonly Subject[];
}

/** What is verified: a spec's network or an ONNX file. */
export interface VerifyTarget {
  /** The lowest precision that it computes in. */
  readonly precision: "float32" | "float16";
  /** How many rounds there are. */
  readonly rounds: number;
  /** Makes one of them; what it finds while doing so goes where the target was told. Errors: `CheckError` at the deadline. */
  round(index: number, conditions: Conditions): Round;
  /** What the rounds have shown of the network alone: its gates, where there are any to tell apart, and other checks. */
  found(): Findings;
}

export interface Conditions {
  /** What leaving out a gate must move the output by more than. */
  readonly tolerance: Tolerance;
  readonly deadline: Deadline;
}

export interface Findings {
  readonly gates: GateEffects;
  readonly checks: readonly Check[];
}
