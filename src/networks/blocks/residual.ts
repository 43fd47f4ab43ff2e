import type { Value } from "../../ir/graph.js";
import type { ResolvedBasic } from "../../language/blocks/basic.js";
import type { ResolvedBottleneck } from "../../language/blocks/bottleneck.js";
import type { ResidualBlock } from "../../language/blocks/residual-fields.js";
import type { LayerBuilder } from "./layers.js";

/** Branch of two convolutions, the first with the stride: ResNet (CVPR 2016), figure 5, left. */
export function buildBasic(layers: LayerBuilder, x: Value, block: ResolvedBasic): Value {
  const { channels, kernel, stride, branchActivation } = block;
  return buildResidualBlock(layers, x, block, [
    { layer: "first", channels, kernel, stride },
    { layer: "second", channels, kernel, stride: 1, activated: branchActivation },
  ]);
}

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

/** One convolution of a residual branch. */
interface BranchConv {
  readonly layer: string;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly groups?: number;
  /** Whether a gate at `spatial` comes after it. */
  readonly spatial?: boolean;
  /** Whether an activation follows also where it is the last. */
  readonly activated?: boolean;
}

/**
 * A branch of convolutions with a shortcut around them (ResNet, CVPR 2016, section 3.2):
 *
 *     y = activation(branch(x) + shortcut(x))       branch: conv, norm, activation, ..., conv, norm
 *
 * and with preactivation (He et al., Identity Mappings, ECCV 2016, figure 1 b):
 *
 *     y = branch(x) + shortcut(x)                   branch: norm, activation, conv, ..., norm, activation, conv
 */
function buildResidualBlock(
  layers: LayerBuilder,
  x: Value,
  block: ResidualBlock,
  convs: readonly BranchConv[],
): Value {
  if (block.preactivation) return buildPreactivated(layers, x, block, convs);
  let y = layers.attention(x, "pre", block);
  convs.forEach((conv, i) => {
    const isLast = i === convs.length - 1;
    const layer = { ...block, ...conv, endsBranch: isLast };
    const convolved = convolveOrAttend(layers, y, block, conv);
    y =
      isLast && conv.activated !== true
        ? layers.norm(convolved, conv.layer, layer)
        : layers.normAct(convolved, conv.layer, layer);
    if (conv.spatial === true) y = layers.attention(y, "spatial", block);
  });
  const sum = layers.sum(y, block.residual ? shortcut(layers, x, block) : undefined, block);
  return layers.attention(layers.op(block.activation, [sum], {}, "act"), "post", block);
}

/** Where the shapes differ, the shortcut too starts from the first normalisation and activation. */
function buildPreactivated(
  layers: LayerBuilder,
  x: Value,
  block: ResidualBlock,
  convs: readonly BranchConv[],
): Value {
  let y = layers.attention(x, "pre", block);
  let activated = x;
  convs.forEach((conv, i) => {
    const normalized = layers.normAct(y, conv.layer, block);
    if (i === 0) activated = normalized;
    y = convolveOrAttend(layers, normalized, block, conv);
    if (conv.spatial === true) y = layers.attention(y, "spatial", block);
  });
  const start = changesShape(block) ? activated : x;
  const sum = layers.sum(y, block.residual ? shortcut(layers, start, block) : undefined, block);
  return layers.attention(sum, "post", block);
}

/** A convolution of the branch, or the gate instead. */
function convolveOrAttend(layers: LayerBuilder, x: Value, block: ResidualBlock, conv: BranchConv): Value {
  return conv.spatial === true && block.gates.some(({ position }) => position === "convolution")
    ? layers.attention(x, "convolution", block)
    : layers.conv(x, conv.layer, { ...block, ...conv });
}

function shortcut(layers: LayerBuilder, x: Value, block: ResidualBlock): Value {
  const entered = layers.attention(x, "identity-input", block);
  const projected = changesShape(block) ? project(layers, entered, block) : entered;
  return layers.attention(projected, "identity", block);
}

function changesShape({ stride, inputChannels, channels }: ResidualBlock): boolean {
  return stride !== 1 || inputChannels !== channels;
}

function project(layers: LayerBuilder, x: Value, block: ResidualBlock): Value {
  const { stride, channels, inputChannels } = block;
  switch (block.shortcut) {
    case "conv":
      return convolve(layers, x, block, stride);
    case "average-pool":
      return convolve(layers, averaged(layers, x, stride), block, 1);
    case "conv-average-pool": {
      const convolved = convolve(layers, x, block, 1);
      return averaged(layers, layers.op(block.activation, [convolved], {}, "shortcut/act"), stride);
    }
    case "zero-pad": {
      const picked =
        stride === 1 ? x : layers.maxPool(x, "shortcut/pick", { kernel: 1, stride, padding: "ceil" });
      const missing = channels - inputChannels;
      if (missing === 0) return picked;
      const nothing = picked.type.dims.map(() => 0);
      return layers.op("pad", [picked], { before: nothing, after: nothing.with(1, missing) }, "shortcut/pad");
    }
  }
}

/** Means of windows as large as the stride, which see every pixel once; the last may reach over the map's end. */
function averaged(layers: LayerBuilder, x: Value, stride: number): Value {
  if (stride === 1) return x;
  return layers.avgPool(x, "shortcut/pool", { kernel: stride, stride, padding: "ceil" });
}

function convolve(layers: LayerBuilder, x: Value, block: ResidualBlock, stride: number): Value {
  const conv = { ...block, groups: 1, kernel: block.shortcutKernel, stride };
  return block.preactivation ? layers.conv(x, "shortcut", conv) : layers.convNorm(x, "shortcut", conv);
}
