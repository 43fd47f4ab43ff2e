/** The kinds of change that a diff tells apart. */
export const CHANGE_KINDS = [
  "attention-swapped",
  "attention-changed",
  "attention-moved",
  "attention-added",
  "attention-removed",
  "block-added",
  "block-removed",
  "block-changed",
  "layer-added",
  "layer-removed",
  "layer-changed",
  "training-changed",
  "input-changed",
  "output-changed",
  "preprocessing-changed",
  "labels-changed",
  "network-changed",
] as const;

export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface Change {
  readonly kind: ChangeKind;
  /** The scope of the gate, layer or block, or the name of the input or output. */
  readonly at: string;
  /** The value before; null if there was none. Never the same as `after`. */
  readonly before: string | null;
  readonly after: string | null;
  /** Trainable scalars that the change adds. */
  readonly parametersDelta: number;
}

/** A change that adds no trainable scalar of its own: those are counted with the block or gate that it is in. */
export function changeOf(
  kind: ChangeKind,
  at: string,
  before: string | null,
  after: string | null,
  parametersDelta = 0,
): Change {
  return { kind, at, before, after, parametersDelta };
}
