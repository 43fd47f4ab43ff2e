import type { Value } from "../../ir/graph.js";
import type { ResolvedBottleneck } from "../../language/blocks/bottleneck.js";
import type { LayerBuilder } from "./layers.js";
import { buildResidualBlock } from "./residual.js";

/**
 * Branch of 1×1 reduction, kernel×kernel and 1×1 expansion: ResNet (CVPR 2016), figure 5, right. Groups make it
 * ResNeXt's (CVPR 2017, figure 3 c).
 */
export function buildBottleneck(layers: LayerBuilder, x: Value, block: ResolvedBottleneck): Value {
  const { channels, reducedChannels, bottleneckChannels, kernel, stride, groups, strideAt } = block;
  const [reduceStride, spatialStride] = strideAt === "reduce" ? [stride, 1] : [1, stride];
  return buildResidualBlock(layers, x, block, [
    { layer: "reduce", channels: reducedChannels, kernel: 1, stride: reduceStride, groups: 1 },
    { layer: "spatial", channels: bottleneckChannels, kernel, stride: spatialStride, groups, spatial: true },
    { layer: "expand", channels, kernel: 1, stride: 1, groups: 1 },
  ]);
}
