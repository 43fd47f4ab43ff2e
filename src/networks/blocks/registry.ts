import type { Value } from "../../ir/graph.js";
import type { ResolvedBlock } from "../../language/blocks/registry.js";
import {
  buildConvNormAct,
  buildDepthwiseSeparable,
  buildFusedInvertedResidual,
  buildInvertedResidual,
} from "./chain-blocks.js";
import { buildDefined } from "./defined-layers.js";
import type { LayerBuilder } from "./layers.js";
import { buildBasic, buildBottleneck } from "./residual.js";

type BlockType = ResolvedBlock["block"];

/** Builds one block of its type over the feature map x and gives the block's output. */
export type BlockBuilder<T extends BlockType> = (
  layers: LayerBuilder,
  x: Value,
  block: Extract<ResolvedBlock, { block: T }>,
) => Value;

/** The builder of every block type; a type without one is a compile error. */
export const blockBuilders: { readonly [T in BlockType]: BlockBuilder<T> } = {
  "conv-norm-act": buildConvNormAct,
  "depthwise-separable": buildDepthwiseSeparable,
  "inverted-residual": buildInvertedResidual,
  "fused-inverted-residual": buildFusedInvertedResidual,
  basic: buildBasic,
  bottleneck: buildBottleneck,
  defined: buildDefined,
};
