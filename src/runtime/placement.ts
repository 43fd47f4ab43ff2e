import type { ProfiledNode } from "./protocol.js";

/** A node that ran on the CPU although another device was asked for. */
export interface CpuNode {
  readonly node: string;
  readonly op: string;
}

/** Where the nodes of a session have run. Nodes are those that ONNX Runtime is left with after its own rewriting. */
export interface Placement {
  readonly nodes: number;
  readonly onCpu: readonly CpuNode[];
}

/** Counts the nodes of a profile; one that ran several times counts once. */
export function placementOf(profile: readonly ProfiledNode[]): Placement {
  const nodes = new Map(profile.map((node) => [`${node.index} ${node.name}`, node]));
  const onCpu = [...nodes.values()].filter(({ provider }) => provider === "CPUExecutionProvider");
  return { nodes: nodes.size, onCpu: onCpu.map(({ name, op }) => ({ node: withoutToken(name), op })) };
}

/** ONNX Runtime numbers the nodes that it lays out anew: `/stem/conv/Conv_token_1` was `/stem/conv/Conv`. */
function withoutToken(name: string): string {
  return name.replace(/_token_\d+$/, "");
}

/** The time of one operator on one provider. */
export interface OperatorTime {
  readonly op: string;
  readonly provider: string;
  readonly nodes: number;
  /** Milliseconds per run, all its nodes together. */
  readonly ms: number;
  /** Part of all nodes' time. */
  readonly share: number;
}

/** The time of each operator in a profile of so many runs, the slowest first. */
export function operatorTimes(profile: readonly ProfiledNode[], runs: number): readonly OperatorTime[] {
  const groups = new Map<string, ProfiledNode[]>();
  for (const node of profile) {
    const key = `${node.op} ${node.provider}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [node]);
    else group.push(node);
  }
  const total = profile.reduce((sum, { us }) => sum + us, 0);
  return [...groups.values()]
    .map((nodes) => {
      const [first] = nodes as [ProfiledNode, ...ProfiledNode[]];
      const us = nodes.reduce((sum, node) => sum + node.us, 0);
      const distinct = new Set(nodes.map(({ index, name }) => `${index} ${name}`)).size;
      return {
        op: first.op,
        provider: first.provider,
        nodes: distinct,
        ms: us / 1000 / runs,
        share: us / total,
      };
    })
    .sort((a, b) => b.ms - a.ms);
}
