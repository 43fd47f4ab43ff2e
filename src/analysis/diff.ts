import type { Graph, Value } from "../ir/graph.js";
import { type BlockPair, pairByPath, pairByStructure } from "./block-pairs.js";
import type { Change } from "./changes.js";
import { type BlockCounts, countNetwork } from "./counts.js";
import { diffGates, type GatePairs, gatesByOrder, gatesByScope } from "./diff-gates.js";

/** One number of two networks. `percent` is the change relative to a, to two decimals; null where a is 0. */
export interface Difference {
  readonly a: number;
  readonly b: number;
  readonly delta: number;
  readonly percent: number | null;
}

export interface NetworkDiff {
  readonly parameters: Difference;
  readonly attentionParameters: Difference;
  readonly buffers: Difference;
  readonly macs: Difference;
  /** In the order of the networks. The `parametersDelta` of all changes add up to `parameters.delta`. */
  readonly changes: readonly Change[];
}

/**
 * What is different in b, block by block. Blocks and gates are paired by their scope, or, of networks whose scopes are
 * somebody else's, by what they are: then a change is at the place that it has in a.
 */
export function diffNetworks(a: Graph, b: Graph, pairing: "scope" | "structure" = "scope"): NetworkDiff {
  const [countsA, countsB] = [countNetwork(a), countNetwork(b)];
  const difference = (key: "parameters" | "attentionParameters" | "buffers" | "macs"): Difference =>
    differenceOf(countsA[key], countsB[key]);
  const pairs =
    pairing === "scope"
      ? { blocks: pairByPath(countsA.blocks, countsB.blocks), gates: gatesByScope(a, b), sameBody: sameBlock }
      : {
          blocks: pairByStructure([a, countsA.blocks], [b, countsB.blocks]),
          gates: gatesByOrder(a, b),
          sameBody: sameWork,
        };
  const values = pairing === "scope" ? diffValues : diffValuesByOrder;
  return {
    parameters: difference("parameters"),
    attentionParameters: difference("attentionParameters"),
    buffers: difference("buffers"),
    macs: difference("macs"),
    changes: [
      ...values("input-changed", a.inputs, b.inputs),
      ...diffBlocks(pairs),
      ...values("output-changed", a.outputs, b.outputs),
    ],
  };
}

function differenceOf(a: number, b: number): Difference {
  const percent = a === 0 ? null : Math.round(((b - a) / a) * 1e4) / 100;
  return { a, b, delta: b - a, percent };
}

/** Inputs or outputs, paired by their name. */
function diffValues(
  kind: "input-changed" | "output-changed",
  a: readonly Value[],
  b: readonly Value[],
): Change[] {
  const shapes = (values: readonly Value[]): ReadonlyMap<string, string> =>
    new Map(values.map(({ name, type }) => [name, `[${type.dims.join(", ")}]`]));
  const [old, now] = [shapes(a), shapes(b)];
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((at): Change[] => {
    const [before, after] = [old.get(at) ?? null, now.get(at) ?? null];
    return before === after ? [] : [{ kind, at, before, after, parametersDelta: 0 }];
  });
}

/** Inputs or outputs in their order, whatever they are called and whatever the batch is. */
function diffValuesByOrder(
  kind: "input-changed" | "output-changed",
  a: readonly Value[],
  b: readonly Value[],
): Change[] {
  const shape = (value: Value | undefined): string | null =>
    value ? `[${value.type.dims.join(", ")}]` : null;
  const image = (value: Value | undefined): string | undefined => value?.type.dims.slice(1).join();
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).flatMap((i): Change[] => {
    const [old, now] = [a[i], b[i]];
    if (image(old) === image(now)) return [];
    return [
      { kind, at: (old ?? now)?.name ?? "", before: shape(old), after: shape(now), parametersDelta: 0 },
    ];
  });
}

interface Pairs {
  readonly blocks: readonly BlockPair[];
  readonly gates: GatePairs;
  readonly sameBody: (old: BlockCounts, now: BlockCounts) => boolean;
}

function diffBlocks({ blocks, gates, sameBody }: Pairs): Change[] {
  return blocks.flatMap((pair): Change[] => {
    const [old, now] = pair;
    if (old !== undefined && now !== undefined) {
      return [...(sameBody(old, now) ? [] : [changedBody(old, now)]), ...diffGates(gates(pair))];
    }
    if (now !== undefined) {
      const parametersDelta = now.parameters;
      return [{ kind: "block-added", at: now.path, before: null, after: blockText(now), parametersDelta }];
    }
    if (old === undefined) return [];
    const parametersDelta = -old.parameters;
    return [{ kind: "block-removed", at: old.path, before: blockText(old), after: null, parametersDelta }];
  });
}

/** The block without its gates: other type, other weights, other work or another shape. */
function changedBody(old: BlockCounts, now: BlockCounts): Change {
  return {
    kind: "block-changed",
    at: old.path,
    before: blockText(old),
    after: blockText(now),
    parametersDelta: bodyOf(now) - bodyOf(old),
  };
}

/** The trainable scalars of a block without its gates. */
function bodyOf(block: BlockCounts): number {
  return block.parameters - block.attentionParameters;
}

function sameBlock(old: BlockCounts, now: BlockCounts): boolean {
  return old.block === now.block && sameWork(old, now);
}

/** The same weights, work and shape, without the gates, whatever the blocks are called. The batch is not the block's. */
function sameWork(old: BlockCounts, now: BlockCounts): boolean {
  const workOf = (block: BlockCounts): number => block.macs - block.attentionMacs;
  const shapeOf = (block: BlockCounts): string => block.output.slice(1).join();
  return bodyOf(old) === bodyOf(now) && workOf(old) === workOf(now) && shapeOf(old) === shapeOf(now);
}

function blockText(block: BlockCounts): string {
  return `${block.block} [${block.output.join(", ")}], ${bodyOf(block)} parameters`;
}
