import type { Diagnostic } from "../../base/diagnostic.js";
import type { SweepFront } from "./front.js";
import type { SweepRow } from "./row.js";

/** What `ecagen sweep --json` prints. */
export interface SweepReport {
  /** Whether some variant could be made, and none failed its verification. */
  readonly ok: boolean;
  readonly name: string;
  /** What of the sweep its rows follow from, hashed; in the results' first line too. */
  readonly hash: string;
  /** The file of results; null where none is written. */
  readonly output: string | null;
  readonly variants: number;
  /** How many of them the file had already. */
  readonly found: number;
  /** How many could be made and keep to the constraints. */
  readonly kept: number;
  /** How many do not keep to them. */
  readonly rejected: number;
  /** How many can't be made. */
  readonly errors: number;
  readonly front: SweepFront;
  /** In the order of the sweep. */
  readonly rows: readonly SweepRow[];
  readonly warnings: readonly Diagnostic[];
}
