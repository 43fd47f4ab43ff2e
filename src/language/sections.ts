import * as z from "zod";
import { once } from "../base/late.js";
import { late } from "../base/late-schemas.js";
import { DEFAULT_INITIALIZATION, INITIALIZATION_NAMES } from "../ir/initializers.js";
import { attentionDefaultsSchema } from "./attention.js";
import { activationName, channelCount, kernelSize, strideSize } from "./fields.js";
import { valueName } from "./values.js";

// The objects of the spec's top level, `stages` aside.

/** Height and width of an image whose spec says none. */
export const USUAL_SIDE = 224;

const imageSide = z.int().min(1).max(8192);
/** A probability that is below 1. */
export const rate = z.number().min(0).lt(1);
const count = z.int().min(0);

export const inputSchema = z.strictObject({
  channels: channelCount.default(3).describe("Channels of one image."),
  height: imageSide.optional().describe("Height of one image in pixels. Default: 224."),
  width: imageSide.optional().describe("Width of one image in pixels. Default: 224."),
  length: z
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      "Length of one signal, instead of `height` and `width`: all maps are then [N, C, L], and kernels, strides and paddings have one axis.",
    ),
});

export const scalingSchema = z.strictObject({
  width: z
    .number()
    .positive()
    .max(64)
    .default(1)
    .describe("Factor of every number of channels that is scaled."),
  depth: z
    .number()
    .positive()
    .max(16)
    .default(1)
    .describe("Factor of every stage's `repeat`; the product is rounded by `depthRounding`."),
  depthRounding: z
    .enum(["up", "nearest"])
    .default("up")
    .describe("How a scaled `repeat` is rounded. nearest: ties to even, at least 1, as in TinyNet."),
  divisor: z
    .int()
    .min(1)
    .max(1024)
    .default(8)
    .describe("Scaled and expanded channels are rounded to a multiple of this, also with a width of 1."),
  roundLimit: z
    .number()
    .min(0)
    .max(1)
    .default(0.9)
    .describe("If rounding gives less than this fraction of the scaled channels, one divisor is added."),
  rounding: z
    .enum(["nearest", "down"])
    .default("nearest")
    .describe(
      "How scaled channels are rounded to a multiple of `divisor`. down: always down, without `roundLimit`; with a divisor of 1 this truncates, as official ECA-MobileNetV2 does.",
    ),
});

const normSchema = z.strictObject({
  epsilon: z
    .number()
    .positive()
    .max(1)
    .default(1e-5)
    .describe("ε of batch normalisation, added to the variance."),
  momentum: z
    .number()
    .min(0)
    .max(1)
    .default(0.1)
    .describe(
      "Weight of a new batch in the running statistics, as PyTorch counts it (TensorFlow's is 1 minus this).",
    ),
});

export const defaultsSchema = z.strictObject({
  activation: activationName.default("silu").describe("Activation of all layers that have one."),
  norm: normSchema.prefault({}).describe("Batch normalisation of every layer."),
  padding: z
    .enum(["symmetric", "same"])
    .default("symmetric")
    .describe(
      "`symmetric`: the same zeros on both sides, as in PyTorch. `same`: as in TensorFlow, an odd zero goes to the end.",
    ),
  initialization: z
    .enum(INITIALIZATION_NAMES)
    .default(DEFAULT_INITIALIZATION)
    .describe(
      "Initial values of parameters. efficientnet: as in the EfficientNet and MobileNet implementations. resnet: as in PyTorch's ResNets, with each residual branch starting at zero.",
    ),
  attention: attentionDefaultsSchema.optional().describe("Default options of attention, by type."),
});

const poolSchema = late(() =>
  z.strictObject({
    type: z
      .enum(["max", "conv"])
      .default("max")
      .describe(
        "max: the maximum of each window. conv: a convolution with the same kernel and stride, with normalisation and activation, as in ResNet-RS.",
      ),
    kernel: kernelSize.default(3).describe("Side of the window in pixels."),
    stride: strideSize.default(2).describe("Stride in pixels."),
    padding: z
      .enum(["symmetric", "same", "ceil"])
      .optional()
      .describe(
        "Overrides `defaults.padding`. ceil: nothing before the map, and after it as much as the last window needs (Caffe; PyTorch's `ceil_mode` without padding).",
      ),
  }),
);

/** The word that a spec writes where its first stage begins with the image. */
export const NO_STEM = "none";

export const stemSchema = z.strictObject({
  deep: z
    .array(channelCount)
    .max(8)
    .default([])
    .describe(
      "Channels of additional convolutions before the last one, with the same kernel, before width scaling: [32, 32] in ResNet-D. The first of them has the stride.",
    ),
  channels: channelCount.describe("Output channels before width scaling."),
  kernel: kernelSize.default(3).describe("Side of the kernel in pixels, odd."),
  stride: strideSize.default(2).describe("Stride in pixels."),
  normalized: z
    .boolean()
    .default(true)
    .describe(
      "Whether normalisation and activation follow the last convolution. Networks of preactivation blocks have them in the first block instead.",
    ),
  pool: poolSchema.optional().describe("Pooling at the end of the stem, as in ResNet."),
  activation: activationName.optional().describe("Activation of the stem; overrides `defaults.activation`."),
  scaled: z.boolean().default(true).describe("Whether width scaling applies; not in EfficientNet-lite."),
});

/** A level of the feature pyramid: maps of stride 2ⁿ. */
const levelName = once(() => z.string().regex(/^C[0-9]$/, { error: "a level is C and a digit, as C4" }));

/** Words that can stand in ONNX files and Python code, and are no names of inner values, which have slashes. */
const outputName = once(() =>
  z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, {
      error: "a name has letters, digits, _ and -, and begins with a letter",
    })
    .max(60),
);

export const featureSchema = late(() =>
  z.union(
    [
      levelName(),
      z.strictObject({
        name: outputName().describe("Name of the output."),
        level: levelName().optional().describe("Level of the pyramid: Cn is the last map of stride 2ⁿ."),
        stage: z
          .int()
          .min(0)
          .optional()
          .describe("Index of the stage whose result is the map, instead of a `level`."),
        from: valueName
          .optional()
          .describe("Name that a stage gave the map with `as`, instead of a `level` or a `stage`."),
      }),
    ],
    { error: 'expected a level as "C4", or an object with a name and a level, a stage or a named map' },
  ),
);

export const headSchema = z.strictObject({
  classifier: z
    .boolean()
    .default(true)
    .describe(
      "Whether the network ends in this head. false: the network is a backbone without the head's convolution, pooling and classifier; its outputs are its `features`.",
    ),
  channels: channelCount
    .optional()
    .describe(
      "Channels of the 1×1 convolution before the pooling, before width scaling. Default: no such layer.",
    ),
  minChannels: channelCount
    .optional()
    .describe("Minimum number of channels after width scaling: 1280 in MobileNetV2."),
  preactivation: z
    .boolean()
    .default(false)
    .describe("Whether the head begins with normalisation and activation, after preactivation blocks."),
  poolFirst: z
    .boolean()
    .default(false)
    .describe(
      "Whether the pooling comes before the 1×1 convolution, which then has no normalisation (MobileNetV3).",
    ),
  bias: z
    .boolean()
    .default(true)
    .describe("Whether the 1×1 convolution after the pooling has a bias. One before the pooling has none."),
  dropout: rate.default(0).describe("Probability of dropping a feature before the classifier, in training."),
  classes: z.int().min(1).max(1_000_000).default(1000).describe("Outputs of the classifier."),
  activation: activationName.optional().describe("Activation of the head; overrides `defaults.activation`."),
  scaled: z.boolean().default(true).describe("Whether width scaling applies; not in EfficientNet-lite."),
});

export const expectSchema = z.strictObject({
  parameters: count
    .optional()
    .describe("Trainable scalars, with scale and shift of normalisations and without running statistics."),
  attentionParameters: count.optional().describe("Trainable scalars of attention gates."),
  macs: count
    .optional()
    .describe("Multiply-accumulates of convolutions and matrix products for one image of the input size."),
  productMacs: count
    .optional()
    .describe("Multiply-accumulates of products of two computed tensors, which are not part of `macs`."),
});
