/**
 * Operand types as their sizes, `N 3 8 8`, and what an op makes of them. An int64 tensor of known elements stands in
 * braces, `{N 3}`, and a scalar of that type as `{N}!`.
 */
export interface Case {
  readonly operands: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** The result's sizes. */
  readonly result: string;
  /** Multiply-accumulates for one image. */
  readonly macs?: number;
}

export interface Refusal {
  readonly operands: readonly string[];
  readonly attributes?: Readonly<Record<string, unknown>>;
  /** A part of the message. */
  readonly says: string | RegExp;
}

export interface Table {
  readonly accepts: readonly Case[];
  readonly refuses: readonly Refusal[];
}
