import { type Block, blockAt, type Graph, type Op } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { align } from "../align.js";
import type { BlockCounts } from "../counts.js";

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

/** Leaving two blocks alone costs as much as pairing blocks that differ in this many of what is compared. */
const ALONE = 2;

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
