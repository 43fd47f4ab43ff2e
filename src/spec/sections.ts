import * as z from "zod";
import { attentionDefaultsSchema } from "./attention.js";
import { activationName, channelCount, kernelSize, strideSize } from "./fields.js";

// The objects of the spec's top level, `stages` aside.

const imageSide = z.int().min(1).max(8192);
/** A probability that is below 1. */
export const rate = z.number().min(0).lt(1);
const count = z.int().min(0);

export const inputSchema = z.strictObject({
  channels: channelCount.default(3).describe("Channels of one image."),
  height: imageSide.default(224).describe("Height of one image in pixels."),
  width: imageSide.default(224).describe("Width of one image in pixels."),
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
    .describe("Factor of every stage's `repeat`; the product is rounded up."),
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
    .describe(
      "Scaled channels that rounding would bring below this part of their value get one divisor more.",
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
  activation: activationName.default("silu").describe("Activation of every layer that has one."),
  norm: normSchema.prefault({}).describe("Batch normalisation of every layer."),
  padding: z
    .enum(["symmetric", "same"])
    .default("symmetric")
    .describe(
      "`symmetric`: the same zeros on both sides, as in PyTorch. `same`: TensorFlow's, the odd zero after.",
    ),
  attention: attentionDefaultsSchema
    .optional()
    .describe("Options that a block's `attention` leaves out, by its type."),
});

export const stemSchema = z.strictObject({
  channels: channelCount.describe("Output channels before width scaling."),
  kernel: kernelSize.default(3).describe("Side of the kernel in pixels, odd."),
  stride: strideSize.default(2).describe("Stride in pixels."),
  activation: activationName
    .optional()
    .describe("Activation of the stem, in place of `defaults.activation`."),
  scaled: z.boolean().default(true).describe("Whether width scaling applies; not in EfficientNet-lite."),
});

export const headSchema = z.strictObject({
  channels: channelCount
    .optional()
    .describe(
      "Channels of the 1×1 convolution before the pooling, before width scaling. Left out: no such layer.",
    ),
  dropout: rate.default(0).describe("Probability of dropping a feature before the classifier, in training."),
  classes: z.int().min(1).max(1_000_000).default(1000).describe("Outputs of the classifier."),
  activation: activationName
    .optional()
    .describe("Activation of the head, in place of `defaults.activation`."),
  scaled: z.boolean().default(true).describe("Whether width scaling applies; not in EfficientNet-lite."),
});

export const expectSchema = z.strictObject({
  parameters: count
    .optional()
    .describe("Trainable scalars: normalisations' scale and shift count, statistics don't."),
  attentionParameters: count.optional().describe("Those of them that belong to attention gates."),
  macs: count
    .optional()
    .describe("Multiply-accumulates of convolutions and matrix products for one image of the input size."),
});
