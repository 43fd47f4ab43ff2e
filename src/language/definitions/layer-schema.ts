import * as z from "zod";
import { once } from "../../base/late.js";
import { late, lateVariant } from "../../base/late-schemas.js";
import { type SelectionOptions, selectionModules } from "../../ir/attention/modules.js";
import { layerGatesSchema } from "../attention.js";
import { activationName } from "../fields.js";
import { JOINS, valueFields } from "../values.js";
import { activationOrNone, amount, common, layer, PADDINGS, paddingError, pair } from "./layer-fields.js";
import { movingLayers } from "./moving-layers.js";

/** What becomes of a convolution's weights before they are applied. */
const standardized = late(() =>
  z.strictObject({
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
  }),
);

const conv = layer("conv", "Convolution, then normalisation, then activation.", () => ({
  ...common(),
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
  activation: activationOrNone(),
}));

const convTranspose = layer(
  "conv-transpose",
  "Transposed convolution, then normalisation, then activation: a map `stride` times as large.",
  () => ({
    ...common(),
    channels: amount.describe("Output channels."),
    kernel: pair.default(2).describe("Sides of the kernel in pixels."),
    stride: pair.default(2).describe("Factor by which the map is enlarged."),
    padding: pair.default(0).describe("Pixels that are cut off on each side of the result, as in PyTorch."),
    outputPadding: pair.default(0).describe("Pixels that are added at the bottom and right."),
    groups: amount.default(1).describe("Groups that the channels are split into."),
    bias: z.boolean().default(false).describe("Whether the convolution has a bias."),
    norm: z.boolean().default(true).describe("Whether a batch normalisation follows."),
    activation: activationOrNone(),
  }),
);

const norm = layer("norm", "Normalisation.", () => ({
  ...common(),
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
}));

const activation = layer("activation", "Activation.", () => ({
  ...common(),
  activation: activationName.optional().describe("The activation. Default: that of the block."),
}));

const leakyRelu = layer("leaky-relu", "Leaky ReLU: x, or `slope` times x if x is below 0.", () => ({
  ...common(),
  slope: amount
    .default(0.01)
    .describe("The slope; `activation` has words for 0.1, 0.01 and 0.001, as `leaky_relu_0.1`."),
}));

const prelu = layer(
  "prelu",
  "PReLU: x, or a trained slope of the channel times x if x is below 0 (He et al., ICCV 2015).",
  () => ({
    ...common(),
  }),
);

const scale = layer("scale", "Multiplies by a number, or by trained factors.", () => ({
  ...common(),
  factor: amount.describe("The factor, or the initial value of trained factors."),
  trained: z
    .enum(["channels", "map"])
    .optional()
    .describe(
      "channels: one trained factor per channel, as ConvNeXt's layer scale. map: one for the whole map. Default: the factor is not trained.",
    ),
}));

const value = layer(
  "value",
  "Passes on the values of `from` unchanged; without `from`, the previous result.",
  () => ({
    ...common(),
  }),
);

const attention = layer(
  "attention",
  "A gate. Without `attention`, the stage's gate with the `position` `spatial`, which is then the default.",
  () => ({
    attention: layerGatesSchema
      .optional()
      .describe(
        "The gate, or a list of gates. Default: that of the stage. Required in necks and heads, which have no stage.",
      ),
    when: common().when,
    ...valueFields(),
  }),
);

const block = layer(
  "block",
  "A block that the spec defines in `blocks`, like a stage with one block.",
  () => ({
    ...common(),
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
  }),
);

const repeatFields = once(() => ({
  ...common(),
  times: amount.describe("Number of repetitions."),
}));

const selections = Object.values(selectionModules).map(({ type, title, options }) =>
  lateVariant("type", type, () =>
    z.strictObject({ type: z.literal(type).describe(title), ...options.shape }),
  ),
);

const select = z.discriminatedUnion(
  "type",
  selections as [(typeof selections)[0], ...typeof selections],
) as unknown as z.ZodType<SelectionOptions>;

const branchesFields = once(() => ({
  ...common(),
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
}));

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
  | (z.output<z.ZodObject<ReturnType<typeof repeatFields>>> & {
      readonly layer: "repeat";
      readonly layers: readonly WrittenLayer[];
    })
  | (z.output<z.ZodObject<ReturnType<typeof branchesFields>>> & {
      readonly layer: "branches";
      readonly branches: readonly (readonly WrittenLayer[])[];
    });

export type LayerKind = WrittenLayer["layer"];

const variants = [
  ...leaves,
  layer("repeat", "Repeats layers.", () => ({
    ...repeatFields(),
    layers: layersSchema.describe("The layers."),
  })),
  layer("branches", "Applies several lists of layers to the same map, and joins their results.", () => ({
    ...branchesFields(),
    branches: z.array(layersSchema).min(1).max(64).describe("The branches. An empty one is the map itself."),
  })),
] as const;

export const layerSchema: z.ZodType<WrittenLayer> = z
  .discriminatedUnion("layer", variants)
  .meta({ id: "layer", description: "One layer of a block's definition." });

/** A list of layers. */
export const layersSchema: z.ZodType<readonly WrittenLayer[]> = z.array(layerSchema).max(256);

/** The words for layers. */
export const LAYER_KINDS: readonly LayerKind[] = variants.flatMap(({ _zod }) => [
  ...(_zod.propValues.layer as ReadonlySet<LayerKind>),
]);
