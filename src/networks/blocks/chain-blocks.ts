import type { Value } from "../../ir/graph.js";
import { gatedChannels } from "../../ir/types.js";
import type { ResolvedConvBlock } from "../../language/blocks/conv-norm-act.js";
import type { ResolvedDepthwiseSeparable } from "../../language/blocks/depthwise-separable.js";
import type { ResolvedFusedInvertedResidual } from "../../language/blocks/fused-inverted-residual.js";
import type { ResolvedInvertedResidual } from "../../language/blocks/inverted-residual.js";
import type { ConvNorm } from "./conv.js";
import type { LayerBuilder } from "./layers.js";

// Blocks that are one chain of layers, whose input may be added to what they lead to.

/** x → conv → norm → activation [→ + x]. The sum comes after the activation, as in EfficientNetV2's `cn` blocks. */
export function buildConvNormAct(layers: LayerBuilder, x: Value, block: ResolvedConvBlock): Value {
  const entered = layers.attention(x, "pre", block);
  const branch = layers.convNormAct(entered, "", { ...block, endsBranch: block.residual });
  return layers.residual(x, branch, block);
}

/**
 * x → depthwise k×k, norm, activation → attention → pointwise 1×1, norm [, activation] [→ + x].
 * MobileNetV1 (2017), section 3.1; without the last activation EfficientNet's first stage.
 */
export function buildDepthwiseSeparable(
  layers: LayerBuilder,
  x: Value,
  block: ResolvedDepthwiseSeparable,
): Value {
  const { inputChannels, channels, kernel, stride } = block;
  const depthwise = layers.convNormAct(layers.attention(x, "pre", block), "depthwise", {
    ...block,
    channels: inputChannels,
    groups: inputChannels,
    kernel,
    stride,
  });
  const gated = layers.attention(depthwise, "spatial", block);
  const pointwise = { ...block, channels, kernel: 1, stride: 1, endsBranch: block.residual };
  const projected = block.pointwiseActivation
    ? layers.convNormAct(gated, "project", pointwise)
    : layers.convNorm(gated, "project", pointwise);
  return layers.residual(x, projected, block);
}

/**
 * x → expand 1×1, norm, activation → depthwise k×k, norm, activation → attention → project 1×1, norm [→ + x].
 * MobileNetV2 (CVPR 2018), section 3.4; with attention EfficientNet's MBConv (ICML 2019), section 4.
 */
export function buildInvertedResidual(
  layers: LayerBuilder,
  x: Value,
  block: ResolvedInvertedResidual,
): Value {
  const { expandedChannels, expandGroups, projectGroups, kernel, kernels, stride } = block;
  const entered = layers.attention(x, "pre", block);
  const expanded = block.expands
    ? layers.convNormAct(entered, "expand", {
        ...block,
        channels: expandedChannels,
        groups: expandGroups,
        kernel: 1,
        stride: 1,
      })
    : entered;
  const conv = { ...block, channels: expandedChannels, groups: expandedChannels, kernel, stride };
  const depthwise =
    kernels === undefined
      ? layers.convNormAct(expanded, "depthwise", conv)
      : layers.normAct(mixedDepthwise(layers, expanded, "depthwise", conv, kernels), "depthwise", conv);
  const gated = layers.attention(depthwise, "spatial", block);
  const projected = layers.convNorm(gated, "project", {
    ...block,
    groups: projectGroups,
    kernel: 1,
    stride: 1,
    endsBranch: block.residual,
  });
  return layers.residual(x, projected, block);
}

/**
 * x → expand k×k, norm, activation → attention → project 1×1, norm [→ + x].
 * EfficientNetV2 (ICML 2021), section 3.2, Fused-MBConv; EfficientNet-EdgeTPU.
 */
export function buildFusedInvertedResidual(
  layers: LayerBuilder,
  x: Value,
  block: ResolvedFusedInvertedResidual,
): Value {
  const entered = layers.attention(x, "pre", block);
  const expanded = layers.convNormAct(entered, "expand", { ...block, channels: block.expandedChannels });
  const gated = layers.attention(expanded, "spatial", block);
  const projected = layers.convNorm(gated, "project", {
    ...block,
    kernel: 1,
    stride: 1,
    endsBranch: block.residual,
  });
  return layers.residual(x, projected, block);
}

/**
 * Depthwise convolution with kernels of several sizes (Tan and Le, MixConv, BMVC 2019, section 3.1): each kernel sees its
 * part of the channels, and the parts are put together again. They are equal; the first takes what is left over.
 *
 *     x ─┬─ channels of part 0 ─ depthwise k₀×k₀ ─┬─ concat
 *        └─ channels of part 1 ─ depthwise k₁×k₁ ─┘
 */
function mixedDepthwise(
  layers: LayerBuilder,
  x: Value,
  layer: string,
  conv: ConvNorm,
  kernels: readonly number[],
): Value {
  const [, channels] = gatedChannels(x.type, "x");
  const equal = Math.floor(channels / kernels.length);
  let start = 0;
  const parts = kernels.map((kernel, i) => {
    const count = i === 0 ? channels - equal * (kernels.length - 1) : equal;
    const name = `${layer}/${i}`;
    const part = layers.op("slice", [x], { axis: 1, start, end: start + count }, `${name}/part`);
    start += count;
    return layers.conv(part, name, { ...conv, channels: count, groups: count, kernel });
  });
  return layers.op("concat", parts, { axis: 1 }, `${layer}/concat`);
}
