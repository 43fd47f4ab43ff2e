/** The kinds of change that a diff tells apart. */
export type ChangeKind =
  | "attention-swapped"
  | "attention-changed"
  | "attention-added"
  | "attention-removed"
  | "block-added"
  | "block-removed"
  | "block-changed"
  | "input-changed"
  | "output-changed";

export interface Change {
  readonly kind: ChangeKind;
  /** The scope of the gate or block, or the name of the input or output. */
  readonly at: string;
  /** What stood there; null where nothing did. */
  readonly before: string | null;
  readonly after: string | null;
  /** Trainable scalars that the change adds. */
  readonly parametersDelta: number;
}
