import type { Value } from "../../ir/graph.js";
import type { ResolvedStem } from "../../language/resolved.js";
import type { LayerBuilder } from "./layers.js";

/** What the stem makes of an image. */
export interface StemMaps {
  /** After the convolutions. */
  readonly convolved: Value;
  /** After the pooling too; the same where there is none. */
  readonly result: Value;
}

/**
 * x → [conv, norm, activation, ... →] conv [, norm, activation] [→ max pool]. The first convolution has the stride.
 *
 * One 7×7 and a pool: ResNet (CVPR 2016), table 1. Three 3×3 in place of the 7×7: the deep stem of ResNet-D (He et al.,
 * Bag of Tricks, CVPR 2019, section 4.1). A strided conv, norm, activation in place of the pool: ResNet-RS (Bello et
 * al., NeurIPS 2021, section 4).
 */
export function buildStem(layers: LayerBuilder, x: Value, stem: ResolvedStem): StemMaps {
  let y = x;
  stem.deep.forEach((channels, i) => {
    y = layers.convNormAct(y, `deep/${i}`, { ...stem, channels, stride: i === 0 ? stem.stride : 1 });
  });
  const last = { ...stem, stride: stem.deep.length === 0 ? stem.stride : 1 };
  const convolved = stem.normalized ? layers.convNormAct(y, "", last) : layers.conv(y, "", last);
  const { pool } = stem;
  if (pool === undefined) return { convolved, result: convolved };
  const result =
    pool.type === "conv"
      ? layers.convNormAct(convolved, "pool", { ...stem, ...pool })
      : layers.maxPool(convolved, "pool", pool);
  return { convolved, result };
}
