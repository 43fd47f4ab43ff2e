import type { Graph, Value } from "../ir/graph.js";
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

/** What is different in b, block by block; blocks and gates are paired by their scope. */
export function diffNetworks(a: Graph, b: Graph): NetworkDiff {
  const [countsA, countsB] = [countNetwork(a), countNetwork(b)];
  const difference = (key: "parameters" | "attentionParameters" | "buffers" | "macs"): Difference =>
    differenceOf(countsA[key], countsB[key]);
  return {
    parameters: difference("parameters"),
    attentionParameters: difference("attentionParameters"),
    buffers: difference("buffers"),
    macs: difference("macs"),
    changes: [
      ...diffValues("input-changed", a.inputs, b.inputs),
      ...diffBlocks(countsA.blocks, countsB.blocks, gatesOf(a), gatesOf(b)),
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

type Gates = ReadonlyMap<string, Gate>;

function gatesOf(graph: Graph): Gates {
  return new Map(graph.ops.flatMap((op) => gateOf(op) ?? []).map((gate) => [gate.op.loc.scope, gate]));
}

function diffBlocks(
  a: readonly BlockCounts[],
  b: readonly BlockCounts[],
  gatesA: Gates,
  gatesB: Gates,
): Change[] {
  const after = new Map(b.map((block) => [block.path, block]));
  const before = new Map(a.map((block) => [block.path, block]));
  return mergedOrder(a, b).flatMap((path): Change[] => {
    const [old, now] = [before.get(path), after.get(path)];
    if (old === undefined && now !== undefined) {
      return [
        {
          kind: "block-added",
          at: path,
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
          at: path,
          before: blockText(old),
          after: null,
          parametersDelta: -old.parameters,
        },
      ];
    }
    if (old === undefined || now === undefined) return [];
    return [...diffBody(old, now), ...diffGates(path, gatesA, gatesB)];
  });
}

/** The block without its gates: other type, other weights, other work or another shape. */
function diffBody(old: BlockCounts, now: BlockCounts): Change[] {
  const bodyOf = (block: BlockCounts): number => block.parameters - block.attentionParameters;
  const workOf = (block: BlockCounts): number => block.macs - block.attentionMacs;
  const same =
    old.block === now.block &&
    bodyOf(old) === bodyOf(now) &&
    workOf(old) === workOf(now) &&
    old.output.join() === now.output.join();
  if (same) return [];
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

function diffGates(block: string, gatesA: Gates, gatesB: Gates): Change[] {
  const inBlock = (scope: string): boolean => scope.startsWith(`${block}/`);
  const scopes = new Set([...gatesA.keys(), ...gatesB.keys()].filter(inBlock));
  return [...scopes].flatMap((at): Change[] => {
    const [old, now] = [gatesA.get(at), gatesB.get(at)];
    const kind = gateChange(old, now);
    if (kind === undefined) return [];
    const parametersDelta = parametersOfGate(now) - parametersOfGate(old);
    return [{ kind, at, before: old?.text ?? null, after: now?.text ?? null, parametersDelta }];
  });
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

/** The paths of both lists, those of b that a lacks right after the path that they follow in b. */
function mergedOrder(a: readonly BlockCounts[], b: readonly BlockCounts[]): readonly string[] {
  const order = a.map((block) => block.path);
  b.forEach(({ path }, i) => {
    if (order.includes(path)) return;
    const previous = b[i - 1]?.path;
    order.splice(previous === undefined ? 0 : order.indexOf(previous) + 1, 0, path);
  });
  return order;
}
