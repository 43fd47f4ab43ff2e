import * as z from "zod";
import { valueName } from "../values.js";
import { amount, common, POOL_PADDINGS, paddingError, pair } from "./layer-fields.js";

// Layers that have no weights: poolings, and pixels or channels at other places.

const pool = z.strictObject({
  layer: z.literal("pool").describe("Maximum or mean of windows."),
  ...common,
  kind: z.enum(["max", "average"]).describe("What a window becomes."),
  kernel: pair.default(3).describe("Sides of the window in pixels."),
  stride: pair.default(1).describe("Steps in pixels."),
  padding: z
    .union([z.enum(POOL_PADDINGS), pair], { error: paddingError(POOL_PADDINGS) })
    .optional()
    .describe("As for `conv`; ceil: after the map as much as the last window needs (PyTorch's `ceil_mode`)."),
  countPadding: z
    .boolean()
    .default(false)
    .describe("Whether a mean counts the padding as zeros (PyTorch's `count_include_pad`)."),
});

const globalPool = z.strictObject({
  layer: z
    .literal("global-pool")
    .describe("Maximum, mean or standard deviation of the whole map: a map of one pixel."),
  ...common,
  kind: z
    .enum(["max", "average", "deviation"])
    .default("average")
    .describe(
      "What each channel becomes. deviation: √max(Σ w · (x - Σ w · x)², ε), of equal w if there are no `weights`.",
    ),
  weights: valueName
    .optional()
    .describe(
      "The named value that says how much each pixel counts, as large as the map: shares that add up to 1, as `softmax` makes them.",
    ),
  epsilon: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe("ε, the least variance of a deviation. Left out: 1e-12."),
});

const softmax = z.strictObject({
  layer: z
    .literal("softmax")
    .describe(
      "Shares that add up to 1: exp(x) over the sum of it, along the pixels of each channel or the channels of each pixel.",
    ),
  ...common,
  over: z.enum(["pixels", "channels"]).default("pixels").describe("What the shares add up over."),
});

const attend = z.strictObject({
  layer: z
    .literal("attend")
    .describe(
      "Attention between pixels (Vaswani et al., NeurIPS 2017): what enters are queries Q; each pixel becomes the sum of all values V by the shares that their keys K have for its query.",
    ),
  ...common,
  keys: valueName.describe("The named value K, of as many channels as Q."),
  values: valueName.describe("The named value V, as large as K."),
  heads: amount
    .default(1)
    .describe("Groups of the channels that attend by themselves; must divide those of Q, K and V."),
  kind: z
    .enum(["softmax", "linear"])
    .default("softmax")
    .describe(
      "How shares follow from the products. softmax: V · softmax(Kᵀ · Q / √d), d the channels of a head. linear: V · relu(K)ᵀ · relu(Q), over the sum of the shares plus ε; its cost grows with the pixels and not with their square (EfficientViT, ICCV 2023).",
    ),
  epsilon: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe("ε, added to the sum of the shares of `linear`. Left out: 1e-5."),
});

const blurPool = z.strictObject({
  layer: z
    .literal("blur-pool")
    .describe(
      "Each `stride`-th pixel of the map blurred by a binomial filter, 1 2 1 for a kernel of 3, with its edge mirrored (Zhang, ICML 2019).",
    ),
  ...common,
  kernel: amount.default(3).describe("Side of the filter in pixels."),
  stride: amount.default(2).describe("Step in pixels."),
});

const order = z.enum(["pixel", "channel"]).default("pixel");

const spaceToDepth = z.strictObject({
  layer: z
    .literal("space-to-depth")
    .describe("The pixels of each block of `size` × `size` one after the other, as channels."),
  ...common,
  size: amount.default(2).describe("Side of a block in pixels; must divide height and width."),
  order: order.describe(
    "pixel: all channels of a block's first pixel, then those of its second, as ONNX's SpaceToDepth and TResNet have it. channel: all pixels of the first channel, then those of the second, as PyTorch's `pixel_unshuffle`.",
  ),
});

const depthToSpace = z.strictObject({
  layer: z
    .literal("depth-to-space")
    .describe("The opposite: channels become the pixels of a block of `size` × `size`."),
  ...common,
  size: amount.default(2).describe("Side of a block in pixels; its square must divide the channels."),
  order: order.describe(
    "Which channels become which pixel, as for `space-to-depth`. channel: PyTorch's `pixel_shuffle`.",
  ),
});

const pad = z.strictObject({
  layer: z.literal("pad").describe("Zeros around the map; negative numbers cut pixels off."),
  ...common,
  pads: z
    .union([z.tuple([amount, amount, amount, amount]), z.tuple([amount, amount])], {
      error: "expected a list of four numbers or expressions, of a signal of two",
    })
    .describe("Pixels at the top, left, bottom and right; of a signal, places before and after it."),
  mode: z
    .enum(["zeros", "reflect"])
    .default("zeros")
    .describe("What stands there. reflect: the map mirrored at its edge, as PyTorch's `reflect`."),
});

const upsample = z.strictObject({
  layer: z.literal("upsample").describe("A larger map: by a factor, or as large as a named value."),
  ...common,
  factor: pair.optional().describe("How many times as high and wide. Left out: 2, or what `to` asks for."),
  to: valueName
    .optional()
    .describe("The named value whose height and width the map gets, instead of a `factor`."),
  mode: z
    .enum(["nearest", "bilinear"])
    .default("nearest")
    .describe(
      "Where the new pixels come from: the nearest one, or the four around, as PyTorch's `interpolate` has them.",
    ),
});

const slice = z.strictObject({
  layer: z.literal("slice").describe("Some of the channels, as they are."),
  ...common,
  start: amount.default(0).describe("The first channel."),
  end: amount.describe("The channel after the last."),
});

const shuffle = z.strictObject({
  layer: z
    .literal("shuffle")
    .describe(
      "The channels of so many groups in turns, so that groups exchange what they know (ShuffleNet, CVPR 2018).",
    ),
  ...common,
  groups: amount.default(2).describe("Groups that the channels stand in."),
});

export const movingLayers = [
  pool,
  globalPool,
  softmax,
  attend,
  blurPool,
  pad,
  upsample,
  slice,
  shuffle,
  spaceToDepth,
  depthToSpace,
] as const;

export type MovingKind = z.output<(typeof movingLayers)[number]>["layer"];
