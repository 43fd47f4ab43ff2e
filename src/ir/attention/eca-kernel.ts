import * as z from "zod";
import { once } from "../../base/late.js";
import { refuse } from "../types.js";
import type { AttentionModule, AttentionSite } from "./module.js";

/**
 * How ECA's kernel size k follows from the number of channels C (ECA-Net, CVPR 2020, eq. 12):
 *
 *     k = |log2(C)/γ + b/γ|odd
 *
 * "odd" is the nearest odd number. The published code computes t = int(|(log2 C + b)/γ|) and takes t if it
 * is odd, else t + 1; that is the nearest odd number with ties rounded up. It is the one home of k.
 */
export const ECA_KERNEL_RULES = {
  "eca-net": { minimum: 1, doc: "as in the published code, t = int(|(log2 C + b)/γ|), t if odd, else t + 1" },
  timm: { minimum: 3, doc: "as eca-net, but at least 3" },
} as const;

export type EcaKernelRule = keyof typeof ECA_KERNEL_RULES;

export const ECA_KERNEL_RULE_NAMES = Object.keys(ECA_KERNEL_RULES) as [EcaKernelRule, ...EcaKernelRule[]];

export interface EcaKernel {
  readonly kernel: number;
  /** The odd number before the rule's minimum. */
  readonly odd: number;
  /** (log2 C + b)/γ before rounding. */
  readonly exact: number;
  /** int(|exact|). */
  readonly truncated: number;
}

export function adaptiveKernel(channels: number, rule: EcaKernelRule, gamma: number, b: number): EcaKernel {
  const exact = (exactLog2(channels) + b) / gamma;
  const truncated = Math.trunc(Math.abs(exact));
  const odd = truncated % 2 === 1 ? truncated : truncated + 1;
  return { kernel: Math.max(odd, ECA_KERNEL_RULES[rule].minimum), odd, exact, truncated };
}

/** log2 that is exact for powers of two, where k changes (C = 128 gives 5, 127 gives 3), on every engine. */
function exactLog2(channels: number): number {
  const power = Math.round(Math.log2(channels));
  return 2 ** power === channels ? power : Math.log2(channels);
}

/** Far beyond what any rule gives in practice: 9 for 32768 channels. */
const LARGEST_KERNEL = 63;

/** A kernel along the channels. */
export const oddKernel = once(() =>
  z
    .int()
    .min(1)
    .max(LARGEST_KERNEL)
    .refine((k) => k % 2 === 1, { error: "an ECA kernel must be odd, so that it has a middle" }),
);

/** The channels that k follows from: those of the gated tensor, or those that enter the block. */
const KERNEL_CHANNELS = ["gated", "block-input"] as const;

/** What an op with a kernel along the channels knows of it. */
export const kernelAttributes = once(() => ({
  kernel: oddKernel(),
  /** The rule that derived k from the channels; `fixed` if k was given explicitly. */
  rule: z.enum([...ECA_KERNEL_RULE_NAMES, "fixed"]).default("fixed"),
  gamma: z.number().positive().default(2),
  b: z.number().default(1),
  kernelOf: z.enum(KERNEL_CHANNELS).default("gated"),
}));

/** Options of every module with a kernel along the channels. */
export const kernelOptions = once(() => ({
  kernel: oddKernel()
    .optional()
    .describe("Kernel size k, odd. Default: computed from the channels by `rule`."),
  kernels: z
    .array(oddKernel())
    .min(1)
    .optional()
    .describe("Kernel size k of each stage, in order; instead of `kernel`."),
  rule: z
    .enum(ECA_KERNEL_RULE_NAMES)
    .default("eca-net")
    .describe(
      `How k is computed from the channels. ${ECA_KERNEL_RULE_NAMES.map((name) => `${name}: ${ECA_KERNEL_RULES[name].doc}`).join(". ")}.`,
    ),
  gamma: z.number().min(0.01).max(100).default(2).describe("γ of the rule."),
  b: z.number().min(-100).max(100).default(1).describe("b of the rule."),
  kernelOf: z
    .enum(KERNEL_CHANNELS)
    .default("gated")
    .describe("The channels C of the rule: those of the gated tensor, or of the block's input."),
}));

type KernelOptions = z.output<z.ZodObject<ReturnType<typeof kernelOptions>>>;
export type KernelAttributes = z.output<z.ZodObject<ReturnType<typeof kernelAttributes>>>;

/** Whether a module has a kernel along the channels: its op's attributes are then `KernelAttributes`. */
export function hasKernel({ op }: AttentionModule): boolean {
  return op.attributes.shape.kernel === kernelAttributes().kernel;
}

/** Attributes of an op without how its k came about, which is nothing that it computes; files don't say it. */
export function withoutKernelRule(attributes: object): object {
  const { rule, gamma, b, kernelOf, ...computed } = attributes as Partial<KernelAttributes>;
  return rule === undefined ? attributes : computed;
}

/** The k of a gate at a site, and how it came about. */
export function plannedKernel(
  { kernel, kernels, rule, gamma, b, kernelOf }: KernelOptions,
  site: AttentionSite,
): KernelAttributes {
  if (kernel !== undefined && kernels !== undefined) refuse("`kernel` and `kernels` can't both be given");
  const written = kernels === undefined ? kernel : kernelOfStage(kernels, site.stage);
  const channels = kernelOf === "gated" ? site.channels : site.blockInputChannels;
  const k = written ?? adaptiveKernel(channels, rule, gamma, b).kernel;
  if (k > LARGEST_KERNEL) {
    refuse(
      `the rule ${rule} with γ = ${gamma} and b = ${b} gives k = ${k} for ${channels} channels; at most ${LARGEST_KERNEL} is possible`,
    );
  }
  return { kernel: k, rule: written === undefined ? rule : "fixed", gamma, b, kernelOf };
}

/** The options with the k that a person wrote of the replaced gate, unless they give another. */
export function inheritedKernel<O extends KernelOptions>(options: O, { kernel, rule }: KernelAttributes): O {
  return rule === "fixed" && options.kernel === undefined && options.kernels === undefined
    ? { ...options, kernel }
    : options;
}

export function describeKernel({ kernel, rule }: KernelAttributes): string {
  return `k = ${kernel}${rule === "fixed" ? " (fixed)" : ""}`;
}

function kernelOfStage(kernels: readonly number[], stage: number | undefined): number {
  const kernel = stage === undefined ? undefined : kernels[stage];
  return (
    kernel ??
    refuse(
      `\`kernels\` has ${kernels.length} values and none for stage ${stage ?? "(outside of the stages)"}`,
    )
  );
}
