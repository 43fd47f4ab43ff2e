/** A block with every layer that signals can have. */
export const SIGNAL_LAYERS = {
  layers: [
    { layer: "conv", channels: 12, kernel: 5, stride: 2, padding: "same" },
    {
      layer: "branches",
      branches: [
        [{ layer: "conv", channels: 4, kernel: 3, dilation: 2, groups: 2, padding: 2, bias: true }],
        [{ layer: "pool", kind: "max", kernel: 4, padding: "same" }],
        [{ layer: "pool", kind: "average", kernel: 3 }],
        [{ layer: "pool", kind: "average", kernel: 3, countPadding: true }],
        [
          { layer: "pad", pads: [3, 1] },
          { layer: "pad", pads: [-1, -3] },
        ],
        [
          { layer: "pad", pads: [1, 2], mode: "reflect" },
          { layer: "conv", channels: "in", kernel: 4, padding: "valid" },
        ],
      ],
    },
    { layer: "shuffle", groups: 4, as: "wide" },
    { layer: "slice", start: 8, end: 32 },
    { layer: "norm", kind: "layer" },
    { layer: "prelu" },
    { layer: "scale", factor: 0.7, trained: "channels" },
    { layer: "attention" },
    { layer: "blur-pool", kernel: 3, stride: 2 },
    { layer: "branches", join: "sum", branches: [[{ layer: "conv", channels: 24, kernel: 3 }], []] },
    { layer: "upsample", factor: 3, mode: "bilinear" },
    { layer: "pool", kind: "max", kernel: 3, stride: 3, padding: "ceil" },
    { layer: "upsample", to: "wide", as: "large" },
    { layer: "conv", channels: 24, norm: false, activation: "tanh" },
    { layer: "conv", channels: 24, kernel: 3, standardized: { scaled: true, gain: 1 } },
    { layer: "attend", keys: "large", values: "wide", heads: 4 },
    { layer: "attend", keys: "wide", values: "large", heads: 8, kind: "linear" },
    { layer: "softmax", as: "shares" },
    { layer: "global-pool", from: "large", weights: "shares", as: "mean" },
    { layer: "global-pool", from: "large", kind: "deviation", weights: "shares", as: "deviation" },
    { layer: "global-pool", from: "large", kind: "deviation", epsilon: 0.01, as: "equal" },
    { layer: "global-pool", from: "large", kind: "max", as: "most" },
    { layer: "norm", from: ["mean", "deviation", "equal", "most"] },
    { layer: "softmax", over: "channels" },
    { layer: "upsample", to: "wide" },
  ],
} as const;

/** A small network of signals, whose blocks are ecagen's and its own. */
export const SIGNAL_NETWORK = {
  input: { channels: 5, length: 90 },
  stem: { channels: 8, kernel: 7, stride: 2, pool: { stride: 1 } },
  defaults: { activation: "relu" },
  blocks: { all: SIGNAL_LAYERS },
  stages: [
    { block: "basic", kernel: 3, channels: 8, attention: { type: "se", ratio: 0.25 } },
    { block: "inverted-residual", kernel: 3, expansion: 2, channels: 8, attention: "eca" },
    { block: "bottleneck", kernel: 3, channels: 32, shortcut: "average-pool", stride: 2, attention: "ese" },
    { block: "all", attention: "eca" },
  ],
  dropPath: 0.1,
  head: { channels: 16, classes: 5, dropout: 0.1 },
} as const;
