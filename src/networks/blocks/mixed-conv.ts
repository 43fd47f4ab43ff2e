import type { Value } from "../../ir/graph.js";
import { featureMap } from "../../ir/types.js";
import type { ConvNorm, LayerBuilder } from "./layers.js";

/**
 * Depthwise convolution with kernels of several sizes (Tan and Le, MixConv, BMVC 2019, section 3.1): each kernel sees its
 * part of the channels, and the parts are put together again. They are equal; the first takes what is left over.
 *
 *     x ─┬─ channels of part 0 ─ depthwise k₀×k₀ ─┬─ concat
 *        └─ channels of part 1 ─ depthwise k₁×k₁ ─┘
 */
export function mixedDepthwise(
  layers: LayerBuilder,
  x: Value,
  layer: string,
  conv: ConvNorm,
  kernels: readonly number[],
): Value {
  const [, channels] = featureMap(x.type, "x");
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
