import type { Value } from "../../ir/graph.js";
import type { ResolvedBasic } from "../../language/blocks/basic.js";
import type { LayerBuilder } from "./layers.js";
import { buildResidualBlock } from "./residual.js";

/** Branch of two convolutions, the first with the stride: ResNet (CVPR 2016), figure 5, left. */
export function buildBasic(layers: LayerBuilder, x: Value, block: ResolvedBasic): Value {
  const { channels, kernel, stride, branchActivation } = block;
  return buildResidualBlock(layers, x, block, [
    { layer: "first", channels, kernel, stride },
    { layer: "second", channels, kernel, stride: 1, activated: branchActivation },
  ]);
}
