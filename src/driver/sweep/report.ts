import type { Diagnostic } from "../../base/diagnostic.js";
import type { SweepFront } from "./front.js";
import type { SweepRow } from "./row.js";

/** The output of `ecagen sweep --json`. */
export interface SweepReport {
  /** Whether at least one variant could be built, and none failed its verification. */
  readonly ok: boolean;
  readonly name: string;
  /** A hash of everything in the sweep that determines its rows; also in the first line of the results. */
  readonly hash: string;
  /** The file of results; null if none is written. */
  readonly output: string | null;
  readonly variants: number;
  /** How many of them the file had already. */
  readonly found: number;
  /** How many could be built and meet the constraints. */
  readonly kept: number;
  /** How many violate the constraints. */
  readonly rejected: number;
  /** How many can't be built. */
  readonly errors: number;
  readonly front: SweepFront;
  /** In the order of the sweep. */
  readonly rows: readonly SweepRow[];
  readonly warnings: readonly Diagnostic[];
}
