import type { Value } from "../ir/graph.js";
import type { ResolvedDepthwiseSeparable } from "../spec/resolved.js";
import type { LayerBuilder } from "./layers.js";

/**
 * x → depthwise k×k, norm, activation → attention → pointwise 1×1, norm [→ + x].
 * MobileNetV1 (2017), section 3.1, with the linear output of MobileNetV2; EfficientNet's first stage.
 */
export function buildDepthwiseSeparable(
  layers: LayerBuilder,
  x: Value,
  block: ResolvedDepthwiseSeparable,
): Value {
  const { inputChannels, channels, kernel, stride } = block;
  const depthwise = layers.convNormAct(x, "depthwise", {
    ...block,
    channels: inputChannels,
    groups: inputChannels,
    kernel,
    stride,
  });
  const gated = layers.attention(depthwise, block);
  const projected = layers.convNorm(gated, "project", { ...block, channels, kernel: 1, stride: 1 });
  return layers.residual(x, projected, block);
}
