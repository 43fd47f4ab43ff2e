import type { Value } from "../ir/graph.js";
import type { ResolvedStem } from "../spec/resolved.js";
import type { LayerBuilder } from "./layers.js";

/**
 * x → [conv, norm, activation, ... →] conv [, norm, activation] [→ max pool]. The first convolution has the stride.
 *
 * One 7×7 and a pool: ResNet (CVPR 2016), table 1. Three 3×3 in place of the 7×7: the deep stem of ResNet-D (He et al.,
 * Bag of Tricks, CVPR 2019, section 4.1).
 */
export function buildStem(layers: LayerBuilder, x: Value, stem: ResolvedStem): Value {
  let y = x;
  stem.deep.forEach((channels, i) => {
    y = layers.convNormAct(y, `deep/${i}`, { ...stem, channels, stride: i === 0 ? stem.stride : 1 });
  });
  const last = { ...stem, stride: stem.deep.length === 0 ? stem.stride : 1 };
  y = stem.normalized ? layers.convNormAct(y, "", last) : layers.conv(y, "", last);
  return stem.pool === undefined ? y : layers.maxPool(y, "pool", stem.pool);
}
