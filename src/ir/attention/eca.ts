import * as z from "zod";
import { uniformByFan } from "../initializers.js";
import { defineOp } from "../op.js";
import { sigmoid } from "../ops/sigmoid.js";
import { nchw, operandAt } from "../tensor.js";
import { expectDims, featureMap, refuse } from "../types.js";
import { adaptiveKernel, ECA_KERNEL_RULE_NAMES, ECA_KERNEL_RULES } from "./eca-kernel.js";
import { defineAttention } from "./module.js";
import { channelMeans, gateChannels } from "./squeeze.js";

/** Far beyond what any rule gives in practice: 9 for 32768 channels. */
const LARGEST_KERNEL = 63;

const oddKernel = z
  .int()
  .min(1)
  .max(LARGEST_KERNEL)
  .refine((k) => k % 2 === 1, { error: "an ECA kernel must be odd, so that it has a middle" });

/**
 * Efficient Channel Attention (Wang et al., CVPR 2020, section 3.2 and eq. 9), for x of [N, C, H, W]:
 *
 *     y = mean of x over H and W            [N, C]
 *     ω[c] = σ(Σⱼ weight[j] · y[c + j - (k-1)/2]),  y = 0 outside of 0 … C-1
 *     result[n,c,h,w] = x[n,c,h,w] · ω[n,c]
 */
const op = defineOp({
  name: "attention.eca",
  level: "model",
  doc: "x · sigmoid(C1D_k(mean of x over H and W)): Efficient Channel Attention",
  source: "ECA-Net (CVPR 2020), section 3.2, eq. 9",
  operands: ["x", "weight"],
  attributes: z.strictObject({
    kernel: oddKernel,
    /** The rule that derived k from the channels; `fixed` where a person wrote k. */
    rule: z.enum([...ECA_KERNEL_RULE_NAMES, "fixed"]).default("fixed"),
    gamma: z.number().positive().default(2),
    b: z.number().default(1),
  }),
  infer([x, weight], { kernel }) {
    featureMap(x, "x");
    expectDims(weight, [1, 1, kernel], "weight");
    return [operandAt([x], 0) as NonNullable<typeof x>];
  },
  cost([x], _results, { kernel }) {
    return { macs: featureMap(x, "x")[1] * kernel };
  },
  evaluate(operands, { kernel }) {
    const [x, weight] = [operandAt(operands, 0), operandAt(operands, 1)];
    const [, channels] = nchw(x);
    const means = channelMeans(x);
    const gate = means.map((_, i) => {
      const image = Math.floor(i / channels) * channels;
      let sum = 0;
      for (let j = 0; j < kernel; j++) {
        const c = (i % channels) + j - (kernel - 1) / 2;
        if (c >= 0 && c < channels) sum += (weight.data[j] as number) * (means[image + c] as number);
      }
      return sigmoid.apply(sum);
    });
    return [gateChannels(x, gate)];
  },
});

export const eca = defineAttention({
  type: "eca",
  title: "Efficient Channel Attention",
  options: z.strictObject({
    kernel: oddKernel
      .optional()
      .describe("Kernel size k, odd. Left out, k follows from the channels by `rule`."),
    kernels: z
      .array(oddKernel)
      .min(1)
      .optional()
      .describe("Kernel size k by stage, the first stage first; in place of `kernel`."),
    rule: z
      .enum(ECA_KERNEL_RULE_NAMES)
      .default("eca-net")
      .describe(
        `How k follows from the channels. ${ECA_KERNEL_RULE_NAMES.map((name) => `${name}: ${ECA_KERNEL_RULES[name].doc}`).join(". ")}.`,
      ),
    gamma: z.number().min(0.01).max(100).default(2).describe("γ of the rule."),
    b: z.number().min(-100).max(100).default(1).describe("b of the rule."),
  }),
  op,
  plan({ kernel, kernels, rule, gamma, b }, site) {
    if (kernel !== undefined && kernels !== undefined) refuse("`kernel` and `kernels` can't both be given");
    const written = kernels === undefined ? kernel : kernelOfStage(kernels, site.stage);
    const k = written ?? adaptiveKernel(site.channels, rule, gamma, b).kernel;
    if (k > LARGEST_KERNEL) {
      refuse(
        `the rule ${rule} with γ = ${gamma} and b = ${b} gives k = ${k} for ${site.channels} channels; at most ${LARGEST_KERNEL} is possible`,
      );
    }
    return {
      attributes: { kernel: k, rule: written === undefined ? rule : ("fixed" as const), gamma, b },
      parameters: [{ name: "conv.weight", dims: [1, 1, k], init: uniformByFan(k) }],
    };
  },
  inherit: (options, { kernel, rule }) =>
    rule === "fixed" && options.kernel === undefined && options.kernels === undefined
      ? { ...options, kernel }
      : options,
  describe: ({ kernel, rule }) => `k = ${kernel}${rule === "fixed" ? " (fixed)" : ""}`,
});

function kernelOfStage(kernels: readonly number[], stage: number | undefined): number {
  const kernel = stage === undefined ? undefined : kernels[stage];
  return (
    kernel ??
    refuse(
      `\`kernels\` has ${kernels.length} values and none for stage ${stage ?? "(outside of the stages)"}`,
    )
  );
}
