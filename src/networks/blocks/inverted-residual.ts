import type { Value } from "../../ir/graph.js";
import type { ResolvedInvertedResidual } from "../../language/blocks/inverted-residual.js";
import type { LayerBuilder } from "./layers.js";
import { mixedDepthwise } from "./mixed-conv.js";

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
