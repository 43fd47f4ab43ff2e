import * as z from "zod";
import { once } from "../../base/late.js";
import { valueName } from "../values.js";
import { amount, common, layer, POOL_PADDINGS, paddingError, pair } from "./layer-fields.js";

// Layers that have no weights: poolings, and pixels or channels at other places.

const pool = layer("pool", "Maximum or mean of windows.", () => ({
  ...common(),
  kind: z.enum(["max", "average"]).describe("Maximum or mean of each window."),
  kernel: pair.default(3).describe("Sides of the window in pixels."),
  stride: pair.default(1).describe("Steps in pixels."),
  padding: z
    .union([z.enum(POOL_PADDINGS), pair], { error: paddingError(POOL_PADDINGS) })
    .optional()
    .describe(
      "As for `conv`; ceil: padding after the map, as much as the last window needs (PyTorch's `ceil_mode`).",
    ),
  countPadding: z
    .boolean()
    .default(false)
    .describe("Whether a mean counts the padding as zeros (PyTorch's `count_include_pad`)."),
}));

const globalPool = layer(
  "global-pool",
  "Maximum, mean or standard deviation of the whole map: a map of one pixel.",
  () => ({
    ...common(),
    kind: z
      .enum(["max", "average", "deviation"])
      .default("average")
      .describe(
        "Reduction of each channel. deviation: √max(Σ w · (x - Σ w · x)², ε), with equal w if there are no `weights`.",
      ),
    weights: valueName
      .optional()
      .describe(
        "Named value with the weight of each pixel, as large as the map; the weights must sum to 1, as after `softmax`.",
      ),
    epsilon: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe("ε, the minimum variance of a deviation. Default: 1e-12."),
  }),
);

const softmax = layer(
  "softmax",
  "Softmax, exp(x) / Σ exp(x), along the pixels of each channel or the channels of each pixel.",
  () => ({
    ...common(),
    over: z.enum(["pixels", "channels"]).default("pixels").describe("Axis of the softmax."),
  }),
);

const attend = layer(
  "attend",
  "Attention between pixels (Vaswani et al., NeurIPS 2017): the input has the queries Q; each pixel becomes the sum of the values V, weighted by how their keys K match its query.",
  () => ({
    ...common(),
    keys: valueName.describe("The named value K, with as many channels as Q."),
    values: valueName.describe("The named value V, as large as K."),
    heads: amount
      .default(1)
      .describe("Heads: groups of channels that attend separately; must divide the channels of Q, K and V."),
    kind: z
      .enum(["softmax", "linear"])
      .default("softmax")
      .describe(
        "How the weights are computed. softmax: V · softmax(Kᵀ · Q / √d), d the channels of a head. linear: V · relu(K)ᵀ · relu(Q), divided by the sum of the weights plus ε; its cost is linear in the number of pixels, not quadratic (EfficientViT, ICCV 2023).",
      ),
    epsilon: z
      .number()
      .positive()
      .max(1)
      .optional()
      .describe("ε, added to the sum of the weights of `linear`. Default: 1e-5."),
  }),
);

const blurPool = layer(
  "blur-pool",
  "Blurs the map by a binomial filter, 1 2 1 for a kernel of 3, with mirrored edges, and keeps every `stride`-th pixel (Zhang, ICML 2019).",
  () => ({
    ...common(),
    kernel: amount.default(3).describe("Side of the filter in pixels."),
    stride: amount.default(2).describe("Step in pixels."),
  }),
);

const order = once(() => z.enum(["pixel", "channel"]).default("pixel"));

const spaceToDepth = layer(
  "space-to-depth",
  "Moves the pixels of each block of `size` × `size` into channels.",
  () => ({
    ...common(),
    size: amount.default(2).describe("Side of a block in pixels; must divide height and width."),
    order: order().describe(
      "Order of the channels. pixel: all channels of a block's first pixel, then those of its second, as in ONNX's SpaceToDepth and TResNet. channel: all pixels of the first channel, then those of the second, as PyTorch's `pixel_unshuffle`.",
    ),
  }),
);

const depthToSpace = layer(
  "depth-to-space",
  "The inverse: moves channels into the pixels of a block of `size` × `size`.",
  () => ({
    ...common(),
    size: amount.default(2).describe("Side of a block in pixels; its square must divide the channels."),
    order: order().describe(
      "Order of the channels, as for `space-to-depth`. channel: PyTorch's `pixel_shuffle`.",
    ),
  }),
);

const pad = layer("pad", "Zeros around the map; negative numbers cut pixels off.", () => ({
  ...common(),
  pads: z
    .union([z.tuple([amount, amount, amount, amount]), z.tuple([amount, amount])], {
      error: "expected a list of four numbers or expressions, of a signal of two",
    })
    .describe("Pixels at the top, left, bottom and right; for a signal, positions before and after it."),
  mode: z
    .enum(["zeros", "reflect"])
    .default("zeros")
    .describe("Value of the padding. reflect: the map mirrored at its edge, as PyTorch's `reflect`."),
}));

const upsample = layer("upsample", "Enlarges the map: by a factor, or to the size of a named value.", () => ({
  ...common(),
  factor: pair.optional().describe("Factor of height and width. Default: 2, or computed from `to`."),
  to: valueName
    .optional()
    .describe("Named value whose height and width the map is resized to, instead of a `factor`."),
  mode: z
    .enum(["nearest", "bilinear"])
    .default("nearest")
    .describe("Interpolation: from the nearest pixel, or bilinear from four, as PyTorch's `interpolate`."),
}));

const slice = layer("slice", "Selects a range of channels.", () => ({
  ...common(),
  start: amount.default(0).describe("The first channel."),
  end: amount.describe("The channel after the last."),
}));

const shuffle = layer("shuffle", "Interleaves the channels of groups (ShuffleNet, CVPR 2018).", () => ({
  ...common(),
  groups: amount.default(2).describe("Number of groups."),
}));

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
