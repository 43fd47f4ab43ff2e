import type { BlockType, ResolvedBlock, ResolvedBuiltIn } from "../../spec/resolved.js";
import type { Literal } from "./python.js";

type Row = { readonly [word: string]: Literal };

/** How a block type is written in Python. */
interface BlockEmitter<T extends BlockType> {
  readonly className: string;
  /** The files of `templates/pytorch/model/blocks` that have its class, and those that it needs after `block`. */
  readonly templates: readonly string[];
  /** Where the gate stands unless the row says otherwise. */
  readonly position: string;
  /** The arguments of its constructor that only this type has. */
  readonly row: (block: Extract<ResolvedBuiltIn, { readonly block: T }>) => Row;
}

/** Every block type that ecagen brings along as Python; one without a line is a compile error. */
export const blockEmitters: { readonly [T in BlockType]: BlockEmitter<T> } = {
  "conv-norm-act": {
    className: "ConvBlock",
    templates: ["conv_norm_act"],
    position: "standard",
    row: ({ kernel, groups, residual }) => ({
      kernel,
      groups: other(1, groups),
      residual: other(false, residual),
    }),
  },
  "depthwise-separable": {
    className: "DepthwiseSeparable",
    templates: ["depthwise_separable"],
    position: "spatial",
    row: ({ kernel, pointwiseActivation, residual }) => ({
      kernel,
      pointwise_act: other(false, pointwiseActivation),
      residual: other(false, residual),
    }),
  },
  "inverted-residual": {
    className: "InvertedResidual",
    templates: ["inverted_residual"],
    position: "spatial",
    row: ({ kernel, expands, expandedChannels, residual }) => ({
      kernel,
      expanded: expands ? expandedChannels : undefined,
      residual: other(false, residual),
    }),
  },
  "fused-inverted-residual": {
    className: "FusedInvertedResidual",
    templates: ["fused_inverted_residual"],
    position: "spatial",
    row: ({ kernel, expandedChannels, residual }) => ({
      kernel,
      expanded: expandedChannels,
      residual: other(false, residual),
    }),
  },
  basic: {
    className: "Basic",
    templates: ["residual", "basic"],
    position: "standard",
    row: ({ kernel, shortcut, preactivation, residual }) => ({
      kernel,
      shortcut: other("conv", shortcut),
      preactivation: other(false, preactivation),
      residual: other(true, residual),
    }),
  },
  bottleneck: {
    className: "Bottleneck",
    templates: ["residual", "bottleneck"],
    position: "standard",
    row: ({ kernel, bottleneckChannels, groups, strideAt, shortcut, preactivation, residual }) => ({
      kernel,
      width: bottleneckChannels,
      groups: other(1, groups),
      stride_at: other("spatial", strideAt),
      shortcut: other("conv", shortcut),
      preactivation: other(false, preactivation),
      residual: other(true, residual),
    }),
  },
};

/** The row of a built-in block, without what all blocks have. */
export function blockRow(block: Exclude<ResolvedBlock, { readonly block: "defined" }>): Row {
  return (blockEmitters[block.block] as { readonly row: (block: ResolvedBuiltIn) => Row }).row(block);
}

/** A value that is not the constructor's own. */
function other<V extends Literal>(usual: V, value: V): V | undefined {
  return value === usual ? undefined : value;
}
