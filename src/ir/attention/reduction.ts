import * as z from "zod";
import { makeDivisible, roundHalfEven } from "../../base/rounding.js";
import { type Dim, expectDims, featureMap, refuse, type TensorType } from "../types.js";
import { type AttentionSite, initializationAt, type PlannedParameter } from "./module.js";

/** Options of every module that squeezes its channels, with that module's defaults. */
export function reductionOptions({
  ratio,
  divisor = 1,
  roundLimit = 0.9,
}: {
  readonly ratio: number;
  readonly divisor?: number;
  readonly roundLimit?: number;
}) {
  return {
    ratio: z
      .number()
      .positive()
      .max(16)
      .default(ratio)
      .describe(
        "Squeezed channels as a fraction of the channels named by `ratioOf`. The papers' reduction r is 1/ratio.",
      ),
    ratioOf: z
      .enum(["gated", "block-input"])
      .default("gated")
      .describe(
        "Channels that `ratio` refers to: those of the gated tensor (SENet, MobileNetV3) or of the block's input (EfficientNet).",
      ),
    reduction: z
      .number()
      .positive()
      .max(65536)
      .optional()
      .describe(
        "The papers' r: squeezed channels are the channels named by `ratioOf`, divided by this; instead of `ratio`.",
      ),
    channels: z
      .int()
      .min(1)
      .max(65536)
      .optional()
      .describe("Number of squeezed channels, instead of `ratio`."),
    divisor: z
      .int()
      .min(1)
      .max(1024)
      .default(divisor)
      .describe(
        "Squeezed channels are rounded to a multiple of this; with 1 to the nearest integer, ties to even.",
      ),
    roundLimit: z
      .number()
      .min(0)
      .max(1)
      .default(roundLimit)
      .describe("If rounding gives less than this fraction, the next multiple is used."),
  };
}

type Reduction = z.output<z.ZodObject<ReturnType<typeof reductionOptions>>>;

/** The width that a module squeezes the channels of a site to. */
export function squeezedChannels(given: Reduction, site: AttentionSite): number {
  const { channels, reduction, divisor, roundLimit } = given;
  if (channels !== undefined) {
    if (reduction !== undefined) refuse("`channels` and `reduction` can't both be given");
    return channels;
  }
  const of = given.ratioOf === "gated" ? site.channels : site.blockInputChannels;
  const wanted = reduction === undefined ? of * given.ratio : of / reduction;
  const squeezed = divisor === 1 ? roundHalfEven(wanted) : makeDivisible(wanted, divisor, roundLimit);
  if (squeezed >= 1) return squeezed;
  const how = reduction === undefined ? `a ratio of ${given.ratio}` : `a reduction of ${reduction}`;
  return refuse(`${how} leaves 0 of ${of} channels: nothing to squeeze to`);
}

/** The operands of an excitation: two layers, C to M channels and back. */
interface Bottleneck {
  readonly reduce: TensorType;
  readonly expand: TensorType;
  readonly reduceBias?: TensorType | undefined;
  readonly expandBias?: TensorType | undefined;
}

/** M, the squeezed channels of an excitation; refuses layers that don't lead from C channels to M and back. */
export function expectBottleneck(layers: Bottleneck, channels: number): Dim {
  const { reduce, expand, reduceBias, expandBias } = layers;
  const [squeezed] = featureMap(reduce, "reduce");
  expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
  expectDims(expand, [channels, squeezed, 1, 1], "expand");
  if (reduceBias !== undefined) expectDims(reduceBias, [squeezed], "reduce_bias");
  if (expandBias !== undefined) expectDims(expandBias, [channels], "expand_bias");
  return squeezed;
}

/** The parameters of such layers, which a gate's op reads weights first. @param prefix of their names */
export function bottleneckParameters(
  squeezed: number,
  site: AttentionSite,
  prefix = "",
): { readonly weights: readonly PlannedParameter[]; readonly biases: readonly PlannedParameter[] } {
  const { channels } = site;
  const { conv, convBias } = initializationAt(site);
  return {
    weights: [
      { name: `${prefix}reduce.weight`, dims: [squeezed, channels, 1, 1], init: conv(1) },
      { name: `${prefix}expand.weight`, dims: [channels, squeezed, 1, 1], init: conv(1) },
    ],
    biases: [
      { name: `${prefix}reduce.bias`, dims: [squeezed], init: convBias(channels) },
      { name: `${prefix}expand.bias`, dims: [channels], init: convBias(squeezed) },
    ],
  };
}

/** What describes a squeezing gate: `96 → 4 → 96`. */
export function describeReduction(channels: unknown, squeezed: unknown): string {
  return `${channels} → ${squeezed} → ${channels}`;
}
