import type { Value } from "../../ir/graph.js";
import type { ResolvedFusedInvertedResidual } from "../../language/blocks/fused-inverted-residual.js";
import type { LayerBuilder } from "./layers.js";

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
