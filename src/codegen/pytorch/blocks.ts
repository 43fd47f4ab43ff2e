import type { BlockType, ResolvedBuiltIn } from "../../language/blocks/registry.js";
import type { Literal } from "./python.js";

type Row = { readonly [word: string]: Literal };

/** How a block type is written in Python. */
interface BlockEmitter<T extends BlockType> {
  readonly className: string;
  /** The files of `templates/pytorch/model/blocks` that have its class, and those that it needs after `block`. */
  readonly templates: (block: Extract<ResolvedBuiltIn, { readonly block: T }>) => readonly string[];
  /** The arguments of its constructor that only this type has. */
  readonly row: (block: Extract<ResolvedBuiltIn, { readonly block: T }>) => Row;
}

/** Every block type that ecagen brings along as Python; one without a line is a compile error. */
export const blockEmitters: { readonly [T in BlockType]: BlockEmitter<T> } = {
  "conv-norm-act": {
    className: "ConvBlock",
    templates: () => ["conv_norm_act"],
    row: ({ kernel, groups, residual }) => ({
      kernel,
      groups: other(1, groups),
      residual: other(false, residual),
    }),
  },
  "depthwise-separable": {
    className: "DepthwiseSeparable",
    templates: () => ["depthwise_separable"],
    row: ({ kernel, pointwiseActivation, residual }) => ({
      kernel,
      pointwise_act: other(false, pointwiseActivation),
      residual: other(false, residual),
    }),
  },
  "inverted-residual": {
    className: "InvertedResidual",
    templates: ({ kernels }) => [...(kernels === undefined ? [] : ["mixed_depthwise"]), "inverted_residual"],
    row: ({ kernel, kernels, expandGroups, projectGroups, expands, expandedChannels, residual }) => ({
      kernel,
      kernels,
      expanded: expands ? expandedChannels : undefined,
      expand_groups: other(1, expandGroups),
      project_groups: other(1, projectGroups),
      residual: other(false, residual),
    }),
  },
  "fused-inverted-residual": {
    className: "FusedInvertedResidual",
    templates: () => ["fused_inverted_residual"],
    row: ({ kernel, expandedChannels, residual }) => ({
      kernel,
      expanded: expandedChannels,
      residual: other(false, residual),
    }),
  },
  basic: {
    className: "Basic",
    templates: () => ["residual", "basic"],
    row: ({ kernel, shortcut, shortcutKernel, preactivation, branchActivation, residual }) => ({
      kernel,
      shortcut: other("conv", shortcut),
      shortcut_kernel: other(1, shortcutKernel),
      branch_act: other(false, branchActivation),
      preactivation: other(false, preactivation),
      residual: other(true, residual),
    }),
  },
  bottleneck: {
    className: "Bottleneck",
    templates: () => ["residual", "bottleneck"],
    row: ({ kernel, groups, strideAt, shortcut, shortcutKernel, preactivation, residual, ...widths }) => ({
      kernel,
      width: widths.bottleneckChannels,
      reduced: other(widths.bottleneckChannels, widths.reducedChannels),
      groups: other(1, groups),
      stride_at: other("spatial", strideAt),
      shortcut: other("conv", shortcut),
      shortcut_kernel: other(1, shortcutKernel),
      preactivation: other(false, preactivation),
      residual: other(true, residual),
    }),
  },
};

/** The row of a built-in block, without what all blocks have. */
export function blockRow(block: ResolvedBuiltIn): Row {
  return (blockEmitters[block.block] as { readonly row: (block: ResolvedBuiltIn) => Row }).row(block);
}

/** The files that have the class of a built-in block. */
export function blockTemplates(block: ResolvedBuiltIn): readonly string[] {
  return (
    blockEmitters[block.block] as { readonly templates: (block: ResolvedBuiltIn) => readonly string[] }
  ).templates(block);
}

/** A value that is not the constructor's own. */
function other<V extends Literal>(usual: V, value: V): V | undefined {
  return value === usual ? undefined : value;
}
