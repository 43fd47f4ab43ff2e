import { defined } from "../../base/defined.js";
import type { CountedQuantity } from "../../language/sweep/quantities.js";
import type { SweepVariant } from "../../language/sweep/variants.js";

/** A row of a sweep's results: what one variant is, and what came of it. */
export interface SweepRow extends Partial<VariantCounts> {
  /** Equal for the same variant of the same base, in every run and on every machine. */
  readonly id: string;
  /** Its number in the sweep, from 0. */
  readonly index: number;
  /** `rejected`: it violates a constraint. `error`: it can't be built, for the reasons in `errors`. */
  readonly status: "ok" | "rejected" | "error";
  /** The base, as the sweep file names it. */
  readonly base: string;
  /** Its values in the sweep, by the names in the file; a single gate's value is `gate SCOPE`. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** The same as `--set` of any command takes it. */
  readonly set: readonly string[];
  /** The same as `--resolution`. */
  readonly resolution?: number;
  /** The same as `--passes`. */
  readonly passes?: string;
  /** The constraints that it violates. */
  readonly missed?: readonly string[];
  readonly errors?: readonly RowProblem[];
  readonly warnings?: readonly RowProblem[];
  /** With `verify`. */
  readonly verify?: VerifiedVariant;
  /** With `bench`. */
  readonly bench?: TimedVariant;
}

/** What a row says of its variant, whatever comes of it. */
export function variantInRow(
  { id, index, settings, set, resolution, passes }: SweepVariant,
  base: string,
): Pick<SweepRow, "id" | "index" | "base" | "settings" | "set" | "resolution" | "passes"> {
  return { id, index, base, settings, set, ...defined({ resolution, passes }) };
}

/** What is counted, as `stats` counts it. */
export type VariantCounts = { readonly [N in CountedQuantity]: number };

/** What is wrong with a variant. */
export interface RowProblem {
  readonly code: string;
  readonly message: string;
  /** In the variant's spec. */
  readonly path?: string;
  readonly hint?: string;
}

export interface VerifiedVariant {
  readonly verdict: "right" | "wrong" | "undecided";
  /** The largest distance of an output to the reference. */
  readonly maxAbs: number;
}

/** Milliseconds of one run with a batch of 1. */
export interface TimedVariant {
  readonly medianMs: number;
  readonly minMs: number;
  readonly p90Ms: number;
}

/** The columns that variants differ in, in the order in which the rows have them. */
export function settingsOf(rows: readonly SweepRow[]): readonly string[] {
  return [...new Set(rows.flatMap(({ settings }) => Object.keys(settings)))];
}
