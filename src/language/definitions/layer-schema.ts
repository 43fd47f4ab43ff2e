import * as z from "zod";
import { type SelectionOptions, selectionModules } from "../../ir/attention/modules.js";
import { layerGatesSchema } from "../attention.js";
import { activationName } from "../fields.js";
import { JOINS, valueFields } from "../values.js";
import { activationOrNone, amount, common, PADDINGS, paddingError, pair } from "./layer-fields.js";
import { movingLayers } from "./moving-layers.js";

/** What becomes of a convolution's weights before they are applied. */
const standardized = z.strictObject({
  epsilon: z
    .number()
    .positive()
    .max(1)
    .default(1e-5)
    .describe("ε, added to the variance of each output channel's weights."),
  factor: amount
    .default(1)
    .describe("Factor of the standardised weights; not trained. NFNets: that of the previous activation."),
  scaled: z
    .boolean()
    .default(false)
    .describe(
      "Whether the weights are also divided by √(inputs of an output channel): scaled weight standardisation.",
    ),
  gain: amount
    .optional()
    .describe("Initial value of trained factors, one per output channel. Default: no such factors."),
});

const conv = z.strictObject({
  layer: z.literal("conv").describe("Convolution, then normalisation, then activation."),
  ...common,
  channels: amount.describe("Output channels."),
  kernel: pair.default(1).describe("Sides of the kernel in pixels."),
  stride: pair.default(1).describe("Steps in pixels."),
  dilation: pair.default(1).describe("Distance between the kernel's taps, in pixels."),
  groups: amount.default(1).describe("Groups that the channels are split into."),
  padding: z
    .union([z.enum(PADDINGS), pair], { error: paddingError(PADDINGS) })
    .optional()
    .describe(
      "Zeros around the map: a word, or the number on each side. valid: none. Default: `defaults.padding`.",
    ),
  standardized: standardized
    .optional()
    .describe(
      "Weight standardisation (Qiao et al., 2019): the weights of each output channel have a mean of 0 and a variance of 1. Default: none.",
    ),
  bias: z.boolean().default(false).describe("Whether the convolution has a bias."),
  norm: z.boolean().default(true).describe("Whether a batch normalisation follows."),
  activation: activationOrNone,
});

const convTranspose = z.strictObject({
  layer: z
    .literal("conv-transpose")
    .describe("Transposed convolution, then normalisation, then activation: a map `stride` times as large."),
  ...common,
  channels: amount.describe("Output channels."),
  kernel: pair.default(2).describe("Sides of the kernel in pixels."),
  stride: pair.default(2).describe("Factor by which the map is enlarged."),
  padding: pair.default(0).describe("Pixels that are cut off on each side of the result, as in PyTorch."),
  outputPadding: pair.default(0).describe("Pixels that are added at the bottom and right."),
  groups: amount.default(1).describe("Groups that the channels are split into."),
  bias: z.boolean().default(false).describe("Whether the convolution has a bias."),
  norm: z.boolean().default(true).describe("Whether a batch normalisation follows."),
  activation: activationOrNone,
});

const norm = z.strictObject({
  layer: z.literal("norm").describe("Normalisation."),
  ...common,
  kind: z
    .enum(["batch", "layer", "group"])
    .default("batch")
    .describe(
      "batch: batch normalisation. layer: over the channels of each pixel (Ba et al., 2016), as in ConvNeXt. group: over the map and each group of channels (Wu and He, ECCV 2018), as in FCOS.",
    ),
  groups: amount.optional().describe("For `group`: groups that the channels are split into. Default: 32."),
  epsilon: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe("ε, added to the variance. Default: that of `defaults.norm`."),
});

const activation = z.strictObject({
  layer: z.literal("activation").describe("Activation."),
  ...common,
  activation: activationName.optional().describe("The activation. Default: that of the block."),
});

const leakyRelu = z.strictObject({
  layer: z.literal("leaky-relu").describe("Leaky ReLU: x, or `slope` times x if x is below 0."),
  ...common,
  slope: amount
    .default(0.01)
    .describe("The slope; `activation` has words for 0.1, 0.01 and 0.001, as `leaky_relu_0.1`."),
});

const prelu = z.strictObject({
  layer: z
    .literal("prelu")
    .describe("PReLU: x, or a trained slope of the channel times x if x is below 0 (He et al., ICCV 2015)."),
  ...common,
});

const scale = z.strictObject({
  layer: z.literal("scale").describe("Multiplies by a number, or by trained factors."),
  ...common,
  factor: amount.describe("The factor, or the initial value of trained factors."),
  trained: z
    .enum(["channels", "map"])
    .optional()
    .describe(
      "channels: one trained factor per channel, as ConvNeXt's layer scale. map: one for the whole map. Default: the factor is not trained.",
    ),
});

const value = z.strictObject({
  layer: z
    .literal("value")
    .describe("Passes on the values of `from` unchanged; without `from`, the previous result."),
  ...common,
});

const attention = z.strictObject({
  layer: z
    .literal("attention")
    .describe(
      "A gate. Without `attention`, the stage's gate with the `position` `spatial`, which is then the default.",
    ),
  attention: layerGatesSchema
    .optional()
    .describe(
      "The gate, or a list of gates. Default: that of the stage. Required in necks and heads, which have no stage.",
    ),
  when: common.when,
  ...valueFields,
});

const block = z.strictObject({
  layer: z
    .literal("block")
    .describe("A block that the spec defines in `blocks`, like a stage with one block."),
  ...common,
  block: z.string().min(1).describe("Name of the definition."),
  channels: amount.optional().describe("Output channels, for use in its expressions; not scaled."),
  stride: amount.default(1).describe("Stride in pixels, for use in its expressions."),
  fields: z
    .record(z.string(), z.union([amount, z.boolean()]))
    .default({})
    .describe("Values of the definition's fields, by name."),
  activation: activationName
    .optional()
    .describe("Activation of its layers. Default: that of the block, neck or head."),
  attention: layerGatesSchema
    .optional()
    .describe("Gate of the block, or a list of gates, with their positions in it. Default: none."),
});

const repeatFields = {
  layer: z.literal("repeat").describe("Repeats layers."),
  ...common,
  times: amount.describe("Number of repetitions."),
} as const;

const selections = Object.values(selectionModules).map(({ type, title, options }) =>
  z.strictObject({ type: z.literal(type).describe(title), ...options.shape }),
);

const select = z.discriminatedUnion(
  "type",
  selections as [(typeof selections)[0], ...typeof selections],
) as unknown as z.ZodType<SelectionOptions>;

const branchesFields = {
  layer: z
    .literal("branches")
    .describe("Applies several lists of layers to the same map, and joins their results."),
  ...common,
  input: z
    .enum(["whole", "split"])
    .default("whole")
    .describe("Input of a branch: the whole map, or its part of the channels."),
  join: z
    .union([z.enum(JOINS), select], {
      error: `expected ${JOINS.map((how) => JSON.stringify(how)).join(", ")} or an object with a type`,
    })
    .default("concat")
    .describe("How the results are joined: concatenation, sum, mean, product, or a selection."),
} as const;

const leaves = [
  conv,
  convTranspose,
  norm,
  activation,
  leakyRelu,
  prelu,
  ...movingLayers,
  scale,
  value,
  attention,
  block,
] as const;

/** A layer as a definition writes it, with the schema's defaults. */
export type WrittenLayer =
  | z.output<(typeof leaves)[number]>
  | (z.output<z.ZodObject<typeof repeatFields>> & { readonly layers: readonly WrittenLayer[] })
  | (z.output<z.ZodObject<typeof branchesFields>> & {
      readonly branches: readonly (readonly WrittenLayer[])[];
    });

export type LayerKind = WrittenLayer["layer"];

const variants = [
  ...leaves,
  z.strictObject({
    ...repeatFields,
    get layers() {
      return layersSchema.describe("The layers.");
    },
  }),
  z.strictObject({
    ...branchesFields,
    get branches() {
      return z.array(layersSchema).min(1).max(64).describe("The branches. An empty one is the map itself.");
    },
  }),
] as const;

export const layerSchema: z.ZodType<WrittenLayer> = z
  .discriminatedUnion("layer", variants)
  .meta({ id: "layer", description: "One layer of a block's definition." });

/** A list of layers. */
export const layersSchema: z.ZodType<readonly WrittenLayer[]> = z.array(layerSchema).max(256);

/** The words for layers. */
export const LAYER_KINDS: readonly LayerKind[] = variants.map(({ shape }) => shape.layer.value);
