import { withoutKernelRule } from "../ir/attention/eca-kernel.js";
import { blockAt, type Graph } from "../ir/graph.js";
import type { BlockPair } from "./block-pairs.js";
import type { Change, ChangeKind } from "./changes.js";
import { countOps, type Gate, gateOf } from "./counts.js";

/** A gate and what stands in its place; one of them is missing where it was added or removed. */
interface GatePair {
  readonly old: Gate | undefined;
  readonly now: Gate | undefined;
  /** Whether two gates of one type are the same one. */
  readonly same: (old: Gate, now: Gate) => boolean;
}

/** The gates of a pair of blocks. */
export type GatePairs = (blocks: BlockPair) => readonly GatePair[];

/** Gates of the same scope are the same gate; how a kernel came about counts. */
export function gatesByScope(a: Graph, b: Graph): GatePairs {
  const [inA, inB] = [gatesInBlocks(a), gatesInBlocks(b)];
  const same = (old: Gate, now: Gate): boolean =>
    old.text === now.text && JSON.stringify(old.op.attributes) === JSON.stringify(now.op.attributes);
  return ([block]) => {
    const scopeOf = ({ op }: Gate): string => op.loc.scope;
    const [gatesA, gatesB] = [inA, inB].map(
      (gates) => new Map((gates.get(block?.path) ?? []).map((gate) => [scopeOf(gate), gate])),
    ) as [Map<string, Gate>, Map<string, Gate>];
    const scopes = new Set([...gatesA.keys(), ...gatesB.keys()]);
    return [...scopes].map((at) => ({ old: gatesA.get(at), now: gatesB.get(at), same }));
  };
}

/** The first gate of a block takes the place of the first, and so on; what counts is what they compute. */
export function gatesByOrder(a: Graph, b: Graph): GatePairs {
  const [inA, inB] = [gatesInBlocks(a), gatesInBlocks(b)];
  const computed = ({ op }: Gate): string => JSON.stringify(withoutKernelRule(op.attributes));
  const same = (old: Gate, now: Gate): boolean => computed(old) === computed(now);
  return ([blockA, blockB]) => {
    const [gatesA, gatesB] = [inA.get(blockA?.path) ?? [], inB.get(blockB?.path) ?? []];
    const length = Math.max(gatesA.length, gatesB.length);
    return Array.from({ length }, (_, i) => ({ old: gatesA[i], now: gatesB[i], same }));
  };
}

export function diffGates(pairs: readonly GatePair[]): readonly Change[] {
  return pairs.flatMap((pair): Change[] => {
    const { old, now } = pair;
    const kind = changeOf(pair);
    const at = (old ?? now)?.op.loc.scope;
    if (kind === undefined || at === undefined) return [];
    const parametersDelta = parametersOf(now) - parametersOf(old);
    return [{ kind, at, before: old?.text ?? null, after: now?.text ?? null, parametersDelta }];
  });
}

function changeOf({ old, now, same }: GatePair): ChangeKind | undefined {
  if (old === undefined) return "attention-added";
  if (now === undefined) return "attention-removed";
  if (old.type !== now.type) return "attention-swapped";
  return same(old, now) && parametersOf(old) === parametersOf(now) ? undefined : "attention-changed";
}

function parametersOf(gate: Gate | undefined): number {
  return gate === undefined ? 0 : countOps([gate.op]).parameters;
}

function gatesInBlocks(graph: Graph): ReadonlyMap<string | undefined, readonly Gate[]> {
  const found = new Map<string | undefined, Gate[]>();
  for (const op of graph.ops) {
    const gate = gateOf(op);
    if (gate === undefined) continue;
    const scope = blockAt(graph, op.loc.scope)?.scope;
    const others = found.get(scope);
    if (others === undefined) found.set(scope, [gate]);
    else others.push(gate);
  }
  return found;
}
