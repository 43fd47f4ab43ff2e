import * as z from "zod";
import { type SelectionOptions, selectionModules } from "../../ir/attention/modules.js";
import { activationName } from "../fields.js";
import { JOINS, valueFields, valueName } from "../values.js";

/** The word for a layer without an activation. */
export const NO_ACTIVATION = "none";

/** A number, or an expression that gives one. */
const amount = z.union([z.number(), z.string().min(1)], { error: "expected a number or an expression" });
export type Amount = z.output<typeof amount>;

/** One for both axes, or height and width. */
const pair = z.union([amount, z.tuple([amount, amount])], {
  error: "expected a number, an expression, or a list of two of them",
});
export type AmountPair = z.output<typeof pair>;

/** The words for paddings of convolutions, and of poolings. */
export const PADDINGS = ["symmetric", "same", "valid"] as const;
export const POOL_PADDINGS = [...PADDINGS, "ceil"] as const;

function paddingError(words: readonly string[]): string {
  return `expected ${words.map((word) => JSON.stringify(word)).join(", ")}, a number, an expression, or a list of two of them`;
}

const common = {
  name: z
    .string()
    .regex(/^[A-Za-z][\w-]{0,39}$/, {
      error: "a name has letters, digits, _ and -, and begins with a letter",
    })
    .optional()
    .describe("Name in the network's scopes and parameters. Left out: the layer's place in its list."),
  when: z
    .string()
    .min(1)
    .optional()
    .describe("An expression that is true or false. Where it is false, the layer isn't there."),
  ...valueFields,
} as const;

const activationOrNone = z
  .enum([...activationName.options, NO_ACTIVATION])
  .optional()
  .describe("Activation at the layer's end. Left out: that of the block.");

const conv = z.strictObject({
  layer: z.literal("conv").describe("Convolution, then normalisation, then activation."),
  ...common,
  channels: amount.describe("Output channels."),
  kernel: pair.default(1).describe("Sides of the kernel in pixels."),
  stride: pair.default(1).describe("Steps in pixels."),
  dilation: pair.default(1).describe("Distance of the kernel's taps in pixels."),
  groups: amount.default(1).describe("Groups that the channels are split into."),
  padding: z
    .union([z.enum(PADDINGS), pair], { error: paddingError(PADDINGS) })
    .optional()
    .describe(
      "Zeros around the map: a word, or how many on each side. valid: none. Left out: `defaults.padding`.",
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
  stride: pair.default(2).describe("How many times as large the map becomes."),
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
    .enum(["batch", "layer"])
    .default("batch")
    .describe(
      "batch: batch normalisation. layer: over the channels of each pixel (Ba et al., 2016), as in ConvNeXt.",
    ),
  epsilon: z
    .number()
    .positive()
    .max(1)
    .optional()
    .describe("ε, added to the variance. Left out: that of `defaults.norm`."),
});

const activation = z.strictObject({
  layer: z.literal("activation").describe("Activation."),
  ...common,
  activation: activationName.optional().describe("Which one. Left out: that of the block."),
});

const prelu = z.strictObject({
  layer: z
    .literal("prelu")
    .describe(
      "PReLU: x, or a trained slope of the channel times x where x is below 0 (He et al., ICCV 2015).",
    ),
  ...common,
});

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

const pad = z.strictObject({
  layer: z.literal("pad").describe("Zeros around the map; negative numbers cut pixels off."),
  ...common,
  pads: z.tuple([amount, amount, amount, amount]).describe("Pixels at the top, left, bottom and right."),
});

const scale = z.strictObject({
  layer: z.literal("scale").describe("Multiplication by a number, or by trained ones."),
  ...common,
  factor: amount.describe("The number; of trained ones, what they start with."),
  trained: z
    .enum(["channels", "map"])
    .optional()
    .describe(
      "channels: a trained factor for each channel, as ConvNeXt's layer scale. map: one for the whole map. Left out: the number is not trained.",
    ),
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

const value = z.strictObject({
  layer: z.literal("value").describe("What `from` names, as it is; without a `from`, the result before it."),
  ...common,
});

const attention = z.strictObject({
  layer: z
    .literal("attention")
    .describe("Where the stage's gate stands if its `position` is `spatial`, which is then the usual place."),
  when: common.when,
  ...valueFields,
});

const repeatFields = {
  layer: z.literal("repeat").describe("Layers several times, one after the other."),
  ...common,
  times: amount.describe("How many times."),
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
    .describe("Several lists of layers over the same map, and one map of their results."),
  ...common,
  input: z
    .enum(["whole", "split"])
    .default("whole")
    .describe("What a branch begins with: the whole map, or its share of the channels."),
  join: z
    .union([z.enum(JOINS), select], {
      error: `expected ${JOINS.map((how) => JSON.stringify(how)).join(", ")} or an object with a type`,
    })
    .default("concat")
    .describe(
      "What becomes of their results: one after the other, their sum, mean or product, or a selection.",
    ),
} as const;

const leaves = [
  conv,
  convTranspose,
  norm,
  activation,
  prelu,
  pool,
  pad,
  scale,
  upsample,
  slice,
  shuffle,
  value,
  attention,
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
