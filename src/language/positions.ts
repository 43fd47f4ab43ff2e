/**
 * Where a gate stands in a block of a branch and a shortcut (SENet, TPAMI 2019, section 6.4 and figure 5):
 *
 *     x ─┬─ pre ─ layers ─ spatial ─ layers ─ standard ─┬─ sum [─ activation] ─ post ─
 *        └─ identity-input ─ [projection] ─ identity ───┘
 */
export const ATTENTION_POSITIONS = {
  pre: "at the start of the branch (SE-PRE)",
  convolution:
    "in place of the spatial convolution, before its normalisation (attention-augmented convolution)",
  spatial: "after the spatial convolution, before the layers that project to the block's output channels",
  standard: "at the end of the branch, before the sum",
  post: "after the sum and its activation (SE-POST)",
  identity: "at the end of the shortcut (SE-Identity)",
  "identity-input": "at the start of the shortcut, before its projection where it has one",
} as const;

export type AttentionPosition = keyof typeof ATTENTION_POSITIONS;

/** Where a gate is possible in a block type; the first is where it stands unless the spec says otherwise. */
export type AttentionPositions = readonly [AttentionPosition, ...AttentionPosition[]];
