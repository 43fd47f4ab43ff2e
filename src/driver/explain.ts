import { adaptiveKernel, ECA_KERNEL_RULES } from "../ir/attention/eca-kernel.js";
import { isOp } from "../ir/rewrite.js";
import { type NetworkOptions, specNetwork } from "./network.js";

/** How the kernel size of one ECA gate came about. */
export interface KernelExplanation {
  readonly at: string;
  /** C, the channels of the gated tensor. */
  readonly channels: number;
  readonly k: number;
  /** `fixed` where a person wrote k. */
  readonly rule: string;
  readonly gamma: number;
  readonly b: number;
  /** The computation in words, with the gate's numbers. */
  readonly because: string;
}

/** What `ecagen explain k --json` prints. */
export interface KernelReport {
  readonly name: string;
  readonly rules: Readonly<Record<string, string>>;
  readonly gates: readonly KernelExplanation[];
}

/** Explains the k of every ECA gate of a spec's network. */
export function explainKernels(file: string, options: NetworkOptions = {}): KernelReport {
  const { graph } = specNetwork(file, options);
  const gates = graph.ops.flatMap((op): KernelExplanation[] => {
    if (!isOp(op, "attention.eca")) return [];
    const { kernel, rule, gamma, b } = op.attributes;
    const channels = Number(op.operands[0]?.type.dims[1]);
    return [
      { at: op.loc.scope, channels, k: kernel, rule, gamma, b, because: reason(channels, op.attributes) },
    ];
  });
  const rules = Object.fromEntries(Object.entries(ECA_KERNEL_RULES).map(([name, { doc }]) => [name, doc]));
  return { name: graph.name, rules: { ...rules, fixed: "a person wrote k" }, gates };
}

function reason(
  channels: number,
  {
    kernel,
    rule,
    gamma,
    b,
  }: { kernel: number; rule: keyof typeof ECA_KERNEL_RULES | "fixed"; gamma: number; b: number },
): string {
  if (rule === "fixed") return `k = ${kernel} was given as a number`;
  const { exact, truncated, odd } = adaptiveKernel(channels, rule, gamma, b);
  const parity = odd === truncated ? `${odd} is odd` : `${truncated} is even, so ${odd}`;
  const raised = kernel > odd ? `, raised to the rule's minimum ${kernel}` : "";
  return `(log2 ${channels} + ${b}) / ${gamma} = ${Number(exact.toFixed(4))}, truncated ${truncated}; ${parity}${raised}`;
}
