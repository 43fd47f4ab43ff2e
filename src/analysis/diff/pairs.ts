import { ACTIVATION_NAMES } from "../../ir/activations.js";
import { type Block, blockAt, type Graph, type Op } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { align } from "../align.js";
import type { BlockCounts } from "../counts.js";
import { type ComparedLayer, isGate, type LayerGraph } from "./layers.js";
import type { NumberedLayers } from "./numbering.js";

/** A layer and what it became; one of them is missing where a layer was added or removed. */
export type LayerPair = readonly [a: ComparedLayer | undefined, b: ComparedLayer | undefined];

/** Pairs the layers of two blocks, in order. */
export type PairLayers = (a: readonly ComparedLayer[], b: readonly ComparedLayer[]) => readonly LayerPair[];

/** The layers of each block, by its scope; those outside of all blocks have none. */
export function layersByBlock(
  graph: Graph,
  { layers }: LayerGraph,
): ReadonlyMap<string | undefined, readonly ComparedLayer[]> {
  const found = new Map<string | undefined, ComparedLayer[]>();
  for (const layer of layers) {
    const scope = blockAt(graph, layer.op.loc.scope)?.scope;
    const others = found.get(scope);
    if (others === undefined) found.set(scope, [layer]);
    else others.push(layer);
  }
  return found;
}

/**
 * Layers of the same scope are the same layer; of several in one scope, the first is the first. A gate is none of the layers
 * that it was taken apart into.
 */
export const pairByScope: PairLayers = (a, b) => {
  const [old, now] = [byScope(a), byScope(b)];
  return [...new Set([...old.keys(), ...now.keys()])].map((scope) => [old.get(scope), now.get(scope)]);
};

/** Of several in one scope the second is called `SCOPE 1`. */
function byScope(layers: readonly ComparedLayer[]): ReadonlyMap<string, ComparedLayer> {
  const found = new Map<string, ComparedLayer>();
  for (const layer of layers) {
    const scope = isGate(layer) ? `${layer.op.loc.scope} gate` : layer.op.loc.scope;
    let name = scope;
    for (let i = 1; found.has(name); i++) name = `${scope} ${i}`;
    found.set(name, layer);
  }
  return found;
}

/** Leaving two layers or blocks alone costs as much as pairing those that differ in this many of what is compared. */
const ALONE = 2;
/** More than leaving both alone. */
const NEVER = 2 * ALONE + 1;

/**
 * Of networks whose names are somebody else's: the gates in their order, whatever kind they are, and the other layers as they
 * are most alike.
 */
export function pairByLikeness(numbered: NumberedLayers): PairLayers {
  const cost = (a: ComparedLayer, b: ComparedLayer): number => {
    if (numbered.isSame(a, b)) return 0;
    if (a.kind !== b.kind) return isActivation(a) && isActivation(b) ? 1 : NEVER;
    const names = [...new Set([...a.facts.keys(), ...b.facts.keys()])];
    return Math.min(
      2 * ALONE,
      names.filter((name) => a.facts.get(name)?.text !== b.facts.get(name)?.text).length,
    );
  };
  return (a, b) => {
    const [gatesA, gatesB] = [a.filter(isGate), b.filter(isGate)];
    const [restA, restB] = [a.filter((each) => !isGate(each)), b.filter((each) => !isGate(each))];
    const gates = Array.from(
      { length: Math.max(gatesA.length, gatesB.length) },
      (_, i): LayerPair => [gatesA[i], gatesB[i]],
    );
    const rest = align(restA, restB, { pair: cost, alone: ALONE }).map(
      ([i, j]): LayerPair => [i === undefined ? undefined : restA[i], j === undefined ? undefined : restB[j]],
    );
    return [...rest, ...gates];
  };
}

function isActivation({ kind }: ComparedLayer): boolean {
  return ACTIVATION_NAMES.some((name) => name === kind);
}

/** A block and what it became; one of them is missing where a block was added or removed. */
export type BlockPair = readonly [a: BlockCounts | undefined, b: BlockCounts | undefined];

/** Blocks of the same path are the same block. Those of b that a lacks stand right after the one that they follow in b. */
export function pairByPath(a: readonly BlockCounts[], b: readonly BlockCounts[]): readonly BlockPair[] {
  const [before, after] = [byPath(a), byPath(b)];
  const order = a.map((block) => block.path);
  b.forEach(({ path }, i) => {
    if (before.has(path)) return;
    const previous = b[i - 1]?.path;
    order.splice(previous === undefined ? 0 : order.indexOf(previous) + 1, 0, path);
  });
  return order.map((path) => [before.get(path), after.get(path)]);
}

function byPath(blocks: readonly BlockCounts[]): ReadonlyMap<string, BlockCounts> {
  return new Map(blocks.map((block) => [block.path, block]));
}

/**
 * The pairing, in order, of blocks that are most alike: in their type, their convolutions without and with the channels, the
 * channels that enter and the map that leaves. Names say nothing here, and gates are left out: those may have changed.
 */
export function pairByStructure(
  [graphA, a]: readonly [Graph, readonly BlockCounts[]],
  [graphB, b]: readonly [Graph, readonly BlockCounts[]],
): readonly BlockPair[] {
  const [featuresA, featuresB] = [featuresOf(graphA, a), featuresOf(graphB, b)];
  const pair = (one: Features, other: Features): number =>
    one.reduce((different, feature, i) => different + (feature === other[i] ? 0 : 1), 0);
  const pairs = align(featuresA, featuresB, { pair, alone: ALONE });
  return pairs.map(([i, j]) => [i === undefined ? undefined : a[i], j === undefined ? undefined : b[j]]);
}

type Features = readonly string[];

function featuresOf(graph: Graph, blocks: readonly BlockCounts[]): readonly Features[] {
  const members = new Map<Block | undefined, Op[]>(graph.blocks.map((block) => [block, []]));
  for (const op of graph.ops) members.get(blockAt(graph, op.loc.scope))?.push(op);
  return graph.blocks.map((block, i) => {
    const convs = (members.get(block) ?? []).filter((op) => isOp(op, "conv")).filter(isOnMap);
    const windows = convs.map(({ operands, attributes: { strides, group } }) => {
      const window = operands[1]?.type.dims.slice(2) ?? [];
      return `${window.join("x")}/${strides.join("x")}${group === 1 ? "" : "g"}`;
    });
    const channels = convs.map(({ operands }) => String(operands[1]?.type.dims[0]));
    const [, , ...map] = blocks[i]?.output ?? [];
    const input = String(block.inputChannels);
    return [block.type, windows.sort().join(" "), channels.sort().join(" "), input, map.join("x")];
  });
}

/** Convolutions of a gate that is no op of its own see one pixel. */
function isOnMap({ operands: [x] }: Op): boolean {
  return (x?.type.dims.slice(2) ?? []).some((size) => size !== 1);
}
