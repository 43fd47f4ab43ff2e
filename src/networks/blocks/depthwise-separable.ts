import type { Value } from "../../ir/graph.js";
import type { ResolvedDepthwiseSeparable } from "../../language/blocks/depthwise-separable.js";
import type { LayerBuilder } from "./layers.js";

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
