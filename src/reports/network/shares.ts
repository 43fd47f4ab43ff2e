import { countOps } from "../../analysis/counts.js";
import { batchesOf, costsOf } from "../../analysis/op-costs.js";
import { attentionKindOf } from "../../ir/attention/modules.js";
import {
  type Block,
  blockAt,
  type Graph,
  type Op,
  type Parameter,
  producersOf,
  type Value,
} from "../../ir/graph.js";
import { concreteDims, elementCount } from "../../ir/types.js";

/** What parameters and multiply-accumulates are for. */
export const SHARES = ["weights", "attention", "classifier"] as const;

export type Share = (typeof SHARES)[number];

/** Trainable scalars, and multiply-accumulates for one image. */
export interface Costs {
  readonly parameters: number;
  readonly macs: number;
}

/** The costs of one group of blocks, by what they are for. */
export interface StageCosts {
  /** `stem`, `stage 0`, `head`; the type of other blocks outside of stages. */
  readonly stage: string;
  readonly shares: Readonly<Record<Share, Costs>>;
}

/**
 * A network's costs by stage and by what they are for, in the order of the network. A parameter that several ops share counts with the first
 * of them, so that all add up to the network's.
 */
export function stageCosts(graph: Graph): readonly StageCosts[] {
  const costs = costsOf(graph.ops, batchesOf(graph));
  const classifiers = classifiersOf(graph);
  const seen = new Set<Parameter>();
  // The ops of a file may stand in any order; its blocks stand in that of the network.
  const stages = new Map(graph.blocks.map((block) => [stageOf(block), nothing()]));
  for (const op of graph.ops) {
    const stage = stageOf(blockAt(graph, op.loc.scope));
    const shares = stages.get(stage) ?? nothing();
    stages.set(stage, shares);
    const share = shareOf(op, classifiers);
    const { parameters, macs } = countOps([op], costs);
    const known = op.operands.reduce((sum, each) => sum + (isKnown(each, seen) ? scalarsOf(each) : 0), 0);
    for (const operand of op.operands) if (operand.kind === "parameter") seen.add(operand);
    const before = shares[share];
    shares[share] = { parameters: before.parameters + parameters - known, macs: before.macs + macs };
  }
  return [...stages]
    .map(([stage, shares]) => ({ stage, shares }))
    .filter(({ shares }) => Object.values(shares).some(({ parameters, macs }) => parameters + macs > 0));
}

function nothing(): Record<Share, Costs> {
  const none: Costs = { parameters: 0, macs: 0 };
  return { weights: none, attention: none, classifier: none };
}

function isKnown(value: Value, seen: ReadonlySet<Parameter>): value is Parameter {
  return value.kind === "parameter" && value.role === "trainable" && seen.has(value);
}

function scalarsOf({ type }: Parameter): number {
  return elementCount(concreteDims(type.dims));
}

function shareOf(op: Op, classifiers: ReadonlySet<Op>): Share {
  if (attentionKindOf(op.kind) !== undefined) return "attention";
  return classifiers.has(op) ? "classifier" : "weights";
}

function stageOf(block: Block | undefined): string {
  if (block === undefined) return "other";
  return block.stage === undefined ? block.type : `stage ${block.stage}`;
}

/** Linear layers outside of stages, or convolutions of one pixel there, behind which no other layer has weights. */
function classifiersOf(graph: Graph): ReadonlySet<Op> {
  const producers = producersOf(graph);
  const found = new Set<Op>();
  const seen = new Set<Op>();
  const open = graph.outputs.flatMap((output) => producers.get(output) ?? []);
  for (let op = open.pop(); op !== undefined; op = open.pop()) {
    if (seen.has(op)) continue;
    seen.add(op);
    if (op.operands.some((each) => each.kind === "parameter" && each.type.dims.length > 1)) {
      if (isLinear(op) && blockAt(graph, op.loc.scope)?.stage === undefined) found.add(op);
    } else open.push(...op.operands.flatMap((operand) => producers.get(operand) ?? []));
  }
  return found;
}

function isLinear({ kind, operands: [x] }: Op): boolean {
  if (kind === "gemm" || kind === "general_gemm" || kind === "matmul") return true;
  return kind === "conv" && (x?.type.dims.slice(2).every((size) => size === 1) ?? false);
}
