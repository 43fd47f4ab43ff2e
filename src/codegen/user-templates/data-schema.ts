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

const last = z.boolean().describe("Whether it is the last of its list: {{^last}}, {{/last}} puts commas.");

const names = z
  .strictObject({
    text: freeText().describe("As it is in the spec: any text."),
    kebab: word().describe("`efficientnet-b0-eca`, for names of files."),
    snake: word().describe(
      "`efficientnet_b0_eca`, an identifier in every common language, as are the next three.",
    ),
    constant: word().describe("`EFFICIENTNET_B0_ECA`"),
    camel: word().describe("`efficientnetB0Eca`"),
    pascal: word().describe("`EfficientnetB0Eca`"),
  })
  .meta({ id: "names", title: "A name", description: "One name in the ways that languages write names." });

const count = z
  .strictObject({
    number: whole().describe("`4652084`"),
    grouped: word().describe("`4,652,084`"),
    millions: word().describe("`4.65`: in millions, to two digits."),
  })
  .meta({ id: "count", title: "A count", description: "One number, ready in several forms." });

const size = z
  .strictObject({ value: whole().describe("The size."), last })
  .meta({ id: "size", title: "A size" });

const shape = z
  .strictObject({
    rank: whole().describe("How many sizes there are."),
    sizes: z.array(size).describe("The sizes, the outermost first."),
    text: word().describe("The sizes with commas, `3, 224, 224`."),
    elements: whole().describe("Their product: how many numbers a tensor of the shape has."),
  })
  .meta({ id: "shape", title: "A shape" });

const port = z
  .strictObject({
    name: freeText().describe("The name in the ONNX file."),
    identifier: word().describe("The name as an identifier, in snake case."),
    dtype: word().describe("`float32`"),
    shape: shape.describe("The shape for one image, without the batch."),
    stride: whole()
      .nullable()
      .describe("Of a feature map: pixels of the image that one of its pixels stands for. Else null."),
    last,
  })
  .meta({ id: "port", title: "An input or output" });

const map = z
  .strictObject({
    channels: whole().describe("Channels."),
    height: whole()
      .nullable()
      .describe("Height in pixels; null of signals, behind the classifier and of rows of a head."),
    width: whole()
      .nullable()
      .describe("Width in pixels, or the length of a signal; null where there is no map."),
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
    path: freeText().describe("Its place, `stages.2.blocks.0.attention`; the names of its weights begin so."),
    type: word().describe("The kind of attention, `eca`; docs/attention.md has them."),
    detail: word().describe("What there is to know of it in a few words, `k = 5`."),
    kernel: whole().nullable().describe("k of a convolution along the channels; null for kinds without one."),
    squeezed: whole()
      .nullable()
      .describe("Channels that its bottleneck squeezes to; null without a bottleneck."),
    options: z.array(option).describe("Its options, whatever its kind."),
    parameters: count.describe("Its trainable numbers."),
    macs: count.describe("Its multiply-accumulates for one image."),
    last,
  })
  .meta({ id: "gate", title: "A gate", description: "A module of channel or spatial attention in a block." });

const block = z
  .strictObject({
    path: freeText().describe("Its place, `stages.2.blocks.0`; the names of its weights begin so."),
    identifier: word().describe("`stages_2_blocks_0`"),
    type: freeText().describe(
      "`stem`, `head`, a block type as `inverted-residual`, or the name of the spec's definition.",
    ),
    number: whole().describe("Its place among all blocks, from 1."),
    stage: whole().nullable().describe("Its stage, from 0; null for stem and head."),
    index: whole().nullable().describe("Its place in the stage, from 0; null for stem and head."),
    input: map.describe("What enters it; of several maps of a neck or a head the first that it reads."),
    output: map.describe("What leaves it; of several the last."),
    kernel: whole()
      .nullable()
      .describe("Side of its largest spatial kernel; null where a definition or a head has no such key."),
    stride: whole().nullable().describe("Its stride; of a stem without the pooling. Null for a head."),
    expansion: z
      .number()
      .nullable()
      .describe(
        "How many times as many channels it has inside as enter it; null for types without an expansion.",
      ),
    innerChannels: whole()
      .nullable()
      .describe(
        "Channels of its inner layers: those of the expansion or of the bottleneck; null without such.",
      ),
    groups: whole()
      .nullable()
      .describe("Groups of its spatial convolution, if that is not depthwise; else null."),
    residual: z.boolean().describe("Whether its input is added to its output."),
    activation: word().describe("Its activation, `silu`; empty where it has none."),
    dropPath: z.number().describe("Probability with which training drops its branch."),
    attention: z.array(gate).describe("Its gates after all passes; most blocks have one or none."),
    parameters: count.describe("Its trainable numbers."),
    buffers: count.describe("Its running statistics."),
    macs: count.describe("Its multiply-accumulates for one image."),
    last,
  })
  .meta({ id: "block", title: "A block", description: "Stem, head or a block of a stage." });

const stage = z
  .strictObject({
    index: whole().describe("Its place, from 0."),
    input: map.describe("What enters it."),
    output: map.describe("What leaves it."),
    blocks: z.array(block).describe("Its blocks in order."),
    parameters: count.describe("Trainable numbers of its blocks."),
    macs: count.describe("Multiply-accumulates of its blocks."),
    last,
  })
  .meta({ id: "stage", title: "A stage" });

const weight = z
  .strictObject({
    name: freeText().describe("Its name in files of weights, `stem.conv.weight`."),
    identifier: word().describe("`stem_conv_weight`; no two are equal."),
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
    resize: word().describe("`shorter-side`, `exact` or `fit`; docs/run.md has what they do."),
    padding: z
      .strictObject({
        at: word().describe("`end` or `around`"),
        value: z.number().nullable().describe("Value of its pixels, from 0 to 255; null for the mean."),
      })
      .nullable()
      .describe("What fills up an image that is resized to fit; null for the others."),
    interpolation: word().describe("`bicubic`, ..."),
    crop: z.number().describe("Part of each side that the crop at the centre keeps."),
    channelOrder: word().describe("`rgb` or `bgr`"),
    mean: z.array(channelValue).describe("Subtracted from each channel, whose values are from 0 to 1."),
    std: z.array(channelValue).describe("What each channel is then divided by."),
  })
  .meta({ id: "preprocessing", title: "Preprocessing" });

export const templateDataSchema = z
  .strictObject({
    version: word().describe("The version of ecagen."),
    name: names.describe("The network's name."),
    description: freeText().nullable().describe("Its description, or null."),
    family: freeText().nullable().describe("Its family, or null."),
    parameters: count.describe("Trainable numbers of the network."),
    attentionParameters: count.describe("Those of its gates."),
    buffers: count.describe("Its running statistics."),
    macs: count.describe("Multiply-accumulates of convolutions and matrix products for one image."),
    attentionMacs: count.describe("Those of its gates."),
    batch: whole().nullable().describe("The batch of `--batch`; null for any."),
    input: map.describe("One image."),
    inputs: z.array(port).describe("The inputs; all networks of specs have one."),
    outputs: z.array(port).describe("The outputs: the classifier's, then the feature maps."),
    classes: whole().nullable().describe("How many classes the classifier has; null for a backbone."),
    labels: z.array(label).describe("The names of the classes; empty where the spec has none."),
    preprocessing: preprocessing
      .nullable()
      .describe("What is done to images before the network sees them; null for a network of signals."),
    blocks: z.array(block).describe("All blocks in order: stem, those of the stages, head."),
    stages: z.array(stage).describe("The stages, which have the same blocks again."),
    weights: z
      .array(weight)
      .describe("All tensors of weights in the order of the network, running statistics too."),
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
