/**
 * How ECA's kernel size k follows from the number of channels C (ECA-Net, CVPR 2020, eq. 12):
 *
 *     k = |log2(C)/γ + b/γ|odd
 *
 * "odd" is the nearest odd number. The published code computes t = int(|(log2 C + b)/γ|) and takes t if it
 * is odd, else t + 1; that is the nearest odd number with ties rounded up. It is the one home of k.
 */
export const ECA_KERNEL_RULES = {
  "eca-net": { minimum: 1, doc: "the published code's: t = int(|(log2 C + b)/γ|), t if odd, else t + 1" },
  timm: { minimum: 3, doc: "timm's: the published code's, but at least 3" },
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
