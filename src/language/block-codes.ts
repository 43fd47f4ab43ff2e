import type { ActivationName } from "../ir/activations.js";
import type { BlockType } from "./blocks/registry.js";

// The vocabulary of block strings; `block-string.ts` tells what each letter means.

type NumericOptions = Readonly<Record<string, { readonly field: string; readonly doc: string }>>;

/** What a block code means and which options it takes. */
export interface BlockCode {
  readonly block: BlockType;
  /** Whether the block can have a gate, and groups. */
  readonly gated: boolean;
  readonly grouped: boolean;
  readonly numeric: NumericOptions;
  readonly required: readonly string[];
  /** What the code itself says of a stage. */
  readonly fixed: Readonly<Record<string, boolean>>;
}

const SHARED_OPTIONS: NumericOptions = {
  r: { field: "repeat", doc: "blocks of the stage" },
  k: { field: "kernel", doc: "side of the kernel" },
  s: { field: "stride", doc: "stride of the first block" },
  e: { field: "expansion", doc: "expansion factor" },
  se: { field: "attention", doc: "ratio of the SE gate" },
};

const TIMM_OPTIONS: NumericOptions = {
  ...SHARED_OPTIONS,
  c: { field: "channels", doc: "output channels" },
  gs: { field: "groupSize", doc: "channels of each group" },
};

const MNASNET_OPTIONS: NumericOptions = {
  ...SHARED_OPTIONS,
  i: { field: "inputChannels", doc: "input channels" },
  o: { field: "channels", doc: "output channels" },
};

const EXPANDING = { numeric: TIMM_OPTIONS, required: ["r", "k", "s", "e", "c"] } as const;
const PLAIN = { numeric: TIMM_OPTIONS, required: ["r", "k", "s", "c"] } as const;

/** timm's block codes. */
export const BLOCK_CODES: Readonly<Record<string, BlockCode>> = {
  ir: {
    block: "inverted-residual",
    gated: true,
    grouped: false,
    fixed: { expansionLayer: true },
    ...EXPANDING,
  },
  ds: { block: "depthwise-separable", gated: true, grouped: false, fixed: {}, ...PLAIN },
  dsa: {
    block: "depthwise-separable",
    gated: true,
    grouped: false,
    fixed: { pointwiseActivation: true, residual: false },
    ...PLAIN,
  },
  er: { block: "fused-inverted-residual", gated: true, grouped: false, fixed: {}, ...EXPANDING },
  cn: { block: "conv-norm-act", gated: false, grouped: true, fixed: { residual: false }, ...PLAIN },
};

/** What a string without a block code means. */
export const MNASNET: BlockCode = {
  block: "inverted-residual",
  gated: true,
  grouped: false,
  fixed: {},
  numeric: MNASNET_OPTIONS,
  required: ["r", "k", "s", "e", "i", "o"],
};

export function blockCode(text: string): BlockCode | undefined {
  return Object.hasOwn(BLOCK_CODES, text) ? BLOCK_CODES[text] : undefined;
}

/** The words after `n`. */
export const ACTIVATION_CODES: Readonly<Record<string, ActivationName>> = {
  re: "relu",
  r6: "relu6",
  sw: "silu",
  hs: "hard_swish",
};

/** Options that timm has and ecagen's blocks don't, with what they would be. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  a: "a kernel of the expansion layer",
  p: "a kernel of the projection layer",
  cc: "conditional convolution",
  d: "space-to-depth",
  fc: "forced input channels",
};
