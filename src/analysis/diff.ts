import { blockAt, type Graph, type Value } from "../ir/graph.js";
import { type BlockPair, pairByPath, pairByStructure } from "./block-pairs.js";
import { type BlockCounts, countNetwork, countOps, type Gate, gateOf } from "./counts.js";

/** One number of two networks. `percent` is the change relative to a, to two decimals; null where a is 0. */
export interface Difference {
  readonly a: number;
  readonly b: number;
  readonly delta: number;
  readonly percent: number | null;
}

/** The kinds of change that a diff tells apart. */
export type ChangeKind =
  | "attention-swapped"
  | "attention-changed"
  | "attention-added"
  | "attention-removed"
  | "block-added"
  | "block-removed"
  | "block-changed"
  | "input-changed"
  | "output-changed";

export interface Change {
  readonly kind: ChangeKind;
  /** The scope of the gate or block, or the name of the input or output. */
  readonly at: string;
  /** What stood there; null where nothing did. */
  readonly before: string | null;
  readonly after: string | null;
  /** Trainable scalars that the change adds. */
  readonly parametersDelta: number;
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
  const blocks =
    pairing === "scope"
      ? diffBlocks(pairByPath(countsA.blocks, countsB.blocks), gatesByScope(a, b), sameBlock)
      : diffBlocks(pairByStructure([a, countsA.blocks], [b, countsB.blocks]), gatesByOrder(a, b), sameWork);
  return {
    parameters: difference("parameters"),
    attentionParameters: difference("attentionParameters"),
    buffers: difference("buffers"),
    macs: difference("macs"),
    changes: [
      ...diffValues("input-changed", a.inputs, b.inputs),
      ...blocks,
      ...diffValues("output-changed", a.outputs, b.outputs),
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

/** The gates of a pair of blocks, each with the one that stands in its place. */
type GatePairs = (pair: BlockPair) => readonly (readonly [a: Gate | undefined, b: Gate | undefined])[];

function gatesByScope(a: Graph, b: Graph): GatePairs {
  const [gatesA, gatesB] = [gatesOf(a), gatesOf(b)];
  return ([block]) => {
    const inBlock = (scope: string): boolean => scope.startsWith(`${block?.path}/`);
    const scopes = new Set([...gatesA.keys(), ...gatesB.keys()].filter(inBlock));
    return [...scopes].map((at) => [gatesA.get(at), gatesB.get(at)]);
  };
}

/** The first gate of a block takes the place of the first, and so on. */
function gatesByOrder(a: Graph, b: Graph): GatePairs {
  const [inA, inB] = [gatesInBlocks(a), gatesInBlocks(b)];
  return ([blockA, blockB]) => {
    const [gatesA, gatesB] = [inA.get(blockA?.path) ?? [], inB.get(blockB?.path) ?? []];
    const length = Math.max(gatesA.length, gatesB.length);
    return Array.from({ length }, (_, i) => [gatesA[i], gatesB[i]]);
  };
}

function gatesInBlocks(graph: Graph): ReadonlyMap<string | undefined, readonly Gate[]> {
  const found = new Map<string | undefined, Gate[]>();
  for (const op of graph.ops) {
    const gate = gateOf(op);
    if (gate === undefined) continue;
    const scope = blockAt(graph, op.loc.scope)?.scope;
    found.set(scope, [...(found.get(scope) ?? []), gate]);
  }
  return found;
}

function gatesOf(graph: Graph): ReadonlyMap<string, Gate> {
  return new Map(graph.ops.flatMap((op) => gateOf(op) ?? []).map((gate) => [gate.op.loc.scope, gate]));
}

type Same = (old: BlockCounts, now: BlockCounts) => boolean;

function diffBlocks(pairs: readonly BlockPair[], gates: GatePairs, same: Same): Change[] {
  return pairs.flatMap((pair): Change[] => {
    const [old, now] = pair;
    if (old === undefined && now !== undefined) {
      return [
        {
          kind: "block-added",
          at: now.path,
          before: null,
          after: blockText(now),
          parametersDelta: now.parameters,
        },
      ];
    }
    if (old !== undefined && now === undefined) {
      return [
        {
          kind: "block-removed",
          at: old.path,
          before: blockText(old),
          after: null,
          parametersDelta: -old.parameters,
        },
      ];
    }
    if (old === undefined || now === undefined) return [];
    return [...diffBody(old, now, same), ...gates(pair).flatMap(diffGate)];
  });
}

/** The block without its gates: other type, other weights, other work or another shape. */
function diffBody(old: BlockCounts, now: BlockCounts, same: Same): Change[] {
  if (same(old, now)) return [];
  return [
    {
      kind: "block-changed",
      at: old.path,
      before: blockText(old),
      after: blockText(now),
      parametersDelta: bodyOf(now) - bodyOf(old),
    },
  ];
}

function bodyOf(block: BlockCounts): number {
  return block.parameters - block.attentionParameters;
}

function sameBlock(old: BlockCounts, now: BlockCounts): boolean {
  return old.block === now.block && sameWork(old, now);
}

/** Whatever the blocks are called. */
function sameWork(old: BlockCounts, now: BlockCounts): boolean {
  const workOf = (block: BlockCounts): number => block.macs - block.attentionMacs;
  // The batch is not the block's.
  const shapeOf = (block: BlockCounts): string => block.output.slice(1).join();
  return bodyOf(old) === bodyOf(now) && workOf(old) === workOf(now) && shapeOf(old) === shapeOf(now);
}

function diffGate([old, now]: readonly [Gate | undefined, Gate | undefined]): Change[] {
  const kind = gateChange(old, now);
  const at = (old ?? now)?.op.loc.scope;
  if (kind === undefined || at === undefined) return [];
  const parametersDelta = parametersOfGate(now) - parametersOfGate(old);
  return [{ kind, at, before: old?.text ?? null, after: now?.text ?? null, parametersDelta }];
}

function gateChange(old: Gate | undefined, now: Gate | undefined): ChangeKind | undefined {
  if (old === undefined) return "attention-added";
  if (now === undefined) return "attention-removed";
  if (old.type !== now.type) return "attention-swapped";
  const same =
    old.text === now.text && JSON.stringify(old.op.attributes) === JSON.stringify(now.op.attributes);
  return same && parametersOfGate(old) === parametersOfGate(now) ? undefined : "attention-changed";
}

function parametersOfGate(gate: Gate | undefined): number {
  return gate === undefined ? 0 : countOps([gate.op]).parameters;
}

function blockText(block: BlockCounts): string {
  return `${block.block} [${block.output.join(", ")}], ${block.parameters - block.attentionParameters} parameters`;
}
