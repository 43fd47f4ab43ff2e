import type { VerifyReport } from "../../src/driver/verify/verify.js";
import type { MutationKind } from "./mutations.js";

/** What `verify` has said of something. */
export type Said = VerifyReport["verdict"];

/** One random spec, by the seed that makes it. It is right: each `wrong` is a false alarm. */
export interface SpecCase extends Outcome {
  readonly part: "spec";
  readonly seed: number;
}

/** One file of a network of torchvision. It is right as well. */
export interface FileCase extends Outcome {
  readonly part: "file";
  /** `resnet18-13`: the network and the opset. */
  readonly file: string;
}

/**
 * What can't be verified: a network that PyTorch does not export, a file that the reference interpreter can't evaluate, a valid file
 * that ONNX Runtime refuses.
 */
export interface RefusedFile {
  readonly part: "refused";
  readonly file: string;
  readonly by: "PyTorch" | "ecagen" | "ONNX Runtime";
  readonly why: string;
}

/** A changed file beside the right one. */
export interface MutantCase extends Outcome {
  readonly part: "mutant";
  /** `spec 17`, or `resnet18-13`. */
  readonly of: string;
  readonly kind: MutationKind;
  readonly change: string;
  /** How far the outputs moved, in tolerances: with the images that `verify` had, and with others. Null: not finite. */
  readonly moved: number | null;
  readonly movedElsewhere: number | null;
  /** Whether the outputs told, not only a check beside them. */
  readonly seen: boolean;
  /** What was said of the right file. */
  readonly original: Said;
}

/** A piece of work that ended in an error: nothing was judged. */
export interface FailedWork {
  readonly part: "failed";
  readonly work: string;
  readonly why: string;
}

export type Case = SpecCase | FileCase | RefusedFile | MutantCase | FailedWork;

/** What a report says, in short. */
export interface Outcome {
  readonly said: Said;
  /** What was not right, for people. */
  readonly why: readonly string[];
  /** Tolerance over measured float32 error, the largest of all comparisons; null where there is none. */
  readonly ratio: number | null;
}
