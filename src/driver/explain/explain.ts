import { type Gate, gateOf } from "../../analysis/counts.js";
import type { Diagnostic } from "../../base/diagnostic.js";
import { specNetwork } from "../../given/spec-file.js";
import {
  adaptiveKernel,
  ECA_KERNEL_RULES,
  hasKernel,
  type KernelAttributes,
} from "../../ir/attention/eca-kernel.js";
import { moduleOf } from "../../ir/attention/modules.js";
import { blockAt } from "../../ir/graph.js";
import type { NetworkOptions } from "../../networks/spec-network.js";

/** How the kernel size of one gate with a kernel along the channels came about. */
export interface KernelExplanation {
  readonly at: string;
  /** The kind of gate: `eca`, `eca-ns`. */
  readonly type: Gate["type"];
  /** C, the channels of the gated tensor. */
  readonly channels: number;
  readonly k: number;
  /** `fixed` if k was given explicitly. */
  readonly rule: string;
  readonly gamma: number;
  readonly b: number;
  /** The computation in words, with the gate's numbers. */
  readonly because: string;
}

/** The output of `ecagen explain k --json`. */
export interface KernelReport {
  readonly name: string;
  readonly rules: Readonly<Record<string, string>>;
  readonly gates: readonly KernelExplanation[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/** Explains how k was derived for every gate with a kernel in a spec's network. */
export function explainKernels(file: string, options: NetworkOptions = {}): KernelReport {
  const { graph, warnings } = specNetwork(file, options);
  const gates = graph.ops.flatMap((op): KernelExplanation[] => {
    const type = gateOf(op)?.type;
    if (type === undefined || !hasKernel(moduleOf(type))) return [];
    const attributes = op.attributes as KernelAttributes;
    const { kernel: k, rule, gamma, b, kernelOf } = attributes;
    const gated = Number(op.operands[0]?.type.dims[1]);
    const entering = kernelOf === "gated" ? undefined : blockAt(graph, op.loc.scope)?.inputChannels;
    const channels = entering ?? gated;
    return [{ at: op.loc.scope, type, channels, k, rule, gamma, b, because: reason(channels, attributes) }];
  });
  const rules = Object.fromEntries(Object.entries(ECA_KERNEL_RULES).map(([name, { doc }]) => [name, doc]));
  return { name: graph.name, rules: { ...rules, fixed: "a person wrote k" }, gates, warnings };
}

function reason(channels: number, { kernel, rule, gamma, b }: KernelAttributes): string {
  if (rule === "fixed") return `k = ${kernel} was given as a number`;
  const { exact, truncated, odd } = adaptiveKernel(channels, rule, gamma, b);
  const parity = odd === truncated ? `${odd} is odd` : `${truncated} is even, so ${odd}`;
  const raised = kernel > odd ? `, raised to the rule's minimum ${kernel}` : "";
  return `(log2 ${channels} + ${b}) / ${gamma} = ${Number(exact.toFixed(4))}, truncated ${truncated}; ${parity}${raised}`;
}
