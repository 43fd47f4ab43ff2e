import * as z from "zod";

/*
 * What templates are given. Every number is finished, every key is always there (null where there is nothing to say, so
 * that no tag finds the key of an outer object instead), and items of lists know whether they are the last.
 * docs/templates.md is made of the descriptions.
 */

/** Text that a spec's author chose: any characters. Tags of it need an escape. */
const freeText = () => z.string().meta({ free: true });

/** Text of which ecagen knows that it is made of letters, digits and a few signs that end no literal. */
const word = () => z.string();
const whole = () => z.int();

const last = z
  .boolean()
  .describe("Whether it is the last item of its list, for separators: {{^last}}, {{/last}}.");

const names = z
  .strictObject({
    text: freeText().describe("The name in the spec: any text."),
    kebab: word().describe("`efficientnet-b0-eca`, for names of files."),
    snake: word().describe(
      "`efficientnet_b0_eca`, an identifier in every common language, as are the next three.",
    ),
    constant: word().describe("`EFFICIENTNET_B0_ECA`"),
    camel: word().describe("`efficientnetB0Eca`"),
    pascal: word().describe("`EfficientnetB0Eca`"),
  })
  .meta({
    id: "names",
    title: "A name",
    description: "One name in the case styles of programming languages.",
  });

const count = z
  .strictObject({
    number: whole().describe("`4652084`"),
    grouped: word().describe("`4,652,084`"),
    millions: word().describe("`4.65`: in millions, with two decimals."),
  })
  .meta({ id: "count", title: "A count", description: "One number in several formats." });

const size = z
  .strictObject({ value: whole().describe("The size."), last })
  .meta({ id: "size", title: "A size" });

const shape = z
  .strictObject({
    rank: whole().describe("Number of dimensions."),
    sizes: z.array(size).describe("The sizes, outermost first."),
    text: word().describe("The sizes, separated by commas: `3, 224, 224`."),
    elements: whole().describe("Number of elements: the product of the sizes."),
  })
  .meta({ id: "shape", title: "A shape" });

const port = z
  .strictObject({
    name: freeText().describe("The name in the ONNX file."),
    identifier: word().describe("The name as an identifier, in snake case."),
    dtype: word().describe("`float32`"),
    shape: shape.describe("The shape for one image, without the batch."),
    stride: whole().nullable().describe("Stride of a feature map in pixels of the image; otherwise null."),
    last,
  })
  .meta({ id: "port", title: "An input or output" });

const map = z
  .strictObject({
    channels: whole().describe("Channels."),
    height: whole()
      .nullable()
      .describe("Height in pixels; null for signals, after the classifier, and for rows of a head."),
    width: whole()
      .nullable()
      .describe("Width in pixels, or the length of a signal; null if there is no map."),
    text: word().describe("`24 × 56 × 56`"),
  })
  .meta({ id: "map", title: "A map", description: "A feature map of one image." });

const option = z
  .strictObject({
    name: word().describe("The option, `squeeze`."),
    value: word().describe("Its value, `average`."),
    last,
  })
  .meta({ id: "option", title: "An option" });

const gate = z
  .strictObject({
    path: freeText().describe("Its path, `stages.2.blocks.0.attention`: the prefix of its weights' names."),
    type: word().describe("The kind of attention, `eca`; see docs/attention.md."),
    detail: word().describe("Summary, `k = 5`."),
    kernel: whole()
      .nullable()
      .describe("k of the convolution along the channels; null for kinds without one."),
    squeezed: whole().nullable().describe("Channels of its bottleneck; null without a bottleneck."),
    options: z.array(option).describe("Its options."),
    parameters: count.describe("Its trainable scalars."),
    macs: count.describe("Its multiply-accumulates for one image."),
    last,
  })
  .meta({ id: "gate", title: "A gate", description: "A module of channel or spatial attention in a block." });

const block = z
  .strictObject({
    path: freeText().describe("Its path, `stages.2.blocks.0`: the prefix of its weights' names."),
    identifier: word().describe("`stages_2_blocks_0`"),
    type: freeText().describe(
      "`stem`, `head`, a block type such as `inverted-residual`, or the name of a definition in the spec.",
    ),
    number: whole().describe("Its number among all blocks, from 1."),
    stage: whole().nullable().describe("Its stage, from 0; null for stem and head."),
    index: whole().nullable().describe("Its index in the stage, from 0; null for stem and head."),
    input: map.describe("Its input; if a neck or head reads several maps, the first."),
    output: map.describe("Its output; of several maps, the last."),
    kernel: whole()
      .nullable()
      .describe("Size of its largest spatial kernel; null if a definition or a head has no such key."),
    stride: whole().nullable().describe("Its stride; for a stem, without the pooling. Null for a head."),
    expansion: z
      .number()
      .nullable()
      .describe("Ratio of inner to input channels; null for types without an expansion."),
    innerChannels: whole()
      .nullable()
      .describe("Channels of its inner layers (expansion or bottleneck); null if it has none."),
    groups: whole().nullable().describe("Groups of its spatial convolution; null if that is depthwise."),
    residual: z.boolean().describe("Whether its input is added to its output."),
    activation: word().describe("Its activation, `silu`; empty if it has none."),
    dropPath: z.number().describe("Probability of dropping its branch in training."),
    attention: z.array(gate).describe("Its gates after all passes, usually one or none."),
    parameters: count.describe("Its trainable scalars."),
    buffers: count.describe("Its running statistics."),
    macs: count.describe("Its multiply-accumulates for one image."),
    last,
  })
  .meta({ id: "block", title: "A block", description: "Stem, head or a block of a stage." });

const stage = z
  .strictObject({
    index: whole().describe("Its index, from 0."),
    input: map.describe("Its input."),
    output: map.describe("Its output."),
    blocks: z.array(block).describe("Its blocks in order."),
    parameters: count.describe("Trainable scalars of its blocks."),
    macs: count.describe("Multiply-accumulates of its blocks."),
    last,
  })
  .meta({ id: "stage", title: "A stage" });

const weight = z
  .strictObject({
    name: freeText().describe("Its name in weight files, `stem.conv.weight`."),
    identifier: word().describe("`stem_conv_weight`; unique."),
    dtype: word().describe("`float32`"),
    shape: shape.describe("Its shape; kernels are [out, in / groups, height, width]."),
    trainable: z.boolean().describe("True for parameters, false for running statistics."),
    last,
  })
  .meta({ id: "weight", title: "A tensor of weights" });

const label = z
  .strictObject({
    index: whole().describe("The class, from 0."),
    text: freeText().describe("Its name."),
    last,
  })
  .meta({ id: "label", title: "A label" });

const channelValue = z
  .strictObject({ value: z.number().describe("The number."), last })
  .meta({ id: "channelValue", title: "A number of a channel" });

const preprocessing = z
  .strictObject({
    resize: word().describe("`shorter-side`, `exact` or `fit`; see docs/run.md."),
    padding: z
      .strictObject({
        at: word().describe("`end` or `around`"),
        value: z.number().nullable().describe("Value of its pixels, from 0 to 255; null for the mean."),
      })
      .nullable()
      .describe("Padding for `fit`; otherwise null."),
    interpolation: word().describe("`bicubic`, ..."),
    crop: z.number().describe("Side of the centre crop as a fraction of the resized side."),
    channelOrder: word().describe("`rgb` or `bgr`"),
    mean: z.array(channelValue).describe("Subtracted from each channel, whose values are from 0 to 1."),
    std: z.array(channelValue).describe("Divisor of each channel after that."),
  })
  .meta({ id: "preprocessing", title: "Preprocessing" });

export const templateDataSchema = z
  .strictObject({
    version: word().describe("The version of ecagen."),
    name: names.describe("The network's name."),
    description: freeText().nullable().describe("Its description, or null."),
    family: freeText().nullable().describe("Its family, or null."),
    parameters: count.describe("Trainable scalars of the network."),
    attentionParameters: count.describe("Of these, those of gates."),
    buffers: count.describe("Its running statistics."),
    macs: count.describe("Multiply-accumulates of convolutions and matrix products for one image."),
    attentionMacs: count.describe("Of these, those of gates."),
    batch: whole().nullable().describe("The batch size of `--batch`; null if it is dynamic."),
    input: map.describe("One image."),
    inputs: z.array(port).describe("The inputs; networks of specs always have one."),
    outputs: z.array(port).describe("The outputs: the classifier's, then the feature maps."),
    classes: whole().nullable().describe("Number of classes; null for a backbone."),
    labels: z.array(label).describe("Names of the classes; empty if the spec has none."),
    preprocessing: preprocessing
      .nullable()
      .describe("Preprocessing of images; null for a network of signals."),
    blocks: z.array(block).describe("All blocks in order: stem, blocks of the stages, head."),
    stages: z.array(stage).describe("The stages, with the same blocks."),
    weights: z
      .array(weight)
      .describe("All weight tensors in the order of the network, including running statistics."),
  })
  .describe("A network after the spec's passes and those of --passes.");

export type TemplateData = z.output<typeof templateDataSchema>;
export type BlockData = z.output<typeof block>;
export type GateData = z.output<typeof gate>;
export type MapData = z.output<typeof map>;
export type ShapeData = z.output<typeof shape>;
export type CountData = z.output<typeof count>;

/** The JSON Schema of the data, with `$defs` of all objects; texts of the spec's author have `free`. */
export function templateDataJsonSchema(): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(templateDataSchema, { target: "draft-2020-12" });
}
