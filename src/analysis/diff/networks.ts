import type { Graph, Value } from "../../ir/graph.js";
import { formatDims } from "../../ir/types.js";
import { type BlockCounts, countNetwork } from "../counts.js";
import { type Change, changeOf } from "./changes.js";
import { diffGates, diffLayers } from "./compare-layers.js";
import { type LayerGraph, layersOf } from "./layers.js";
import { NumberedLayers, sharedNames } from "./numbering.js";
import {
  type BlockPair,
  type LayerPair,
  layersByBlock,
  type PairLayers,
  pairByLikeness,
  pairByPath,
  pairByScope,
  pairByStructure,
} from "./pairs.js";
import { Wiring } from "./wiring.js";

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
  /**
   * Whether both compute the same results from the same inputs and weights: they have the same ops, output sizes and number of weights; in two
   * specs, weights of the same name are also used at the same place. Ops that only act in training and preprocessing are ignored.
   */
  readonly computeTheSame: boolean;
  /** In the order of the networks. The `parametersDelta` of all changes add up to `parameters.delta`. */
  readonly changes: readonly Change[];
}

/** A diff, and the blocks that were taken for each other, in the order of the networks. */
export interface PairedDiff extends NetworkDiff {
  readonly blocks: readonly BlockPair[];
}

/** A network, and its layers where it is not its ops alone that say what they are. */
export interface DiffedNetwork {
  readonly graph: Graph;
  readonly layers: LayerGraph;
}

/** What is different in b of two specs' networks: blocks, layers and gates are paired by their scopes. */
export function diffNetworks(a: Graph, b: Graph): PairedDiff {
  const [one, other] = [a, b].map((graph) => ({ graph, layers: layersOf(graph) })) as [
    DiffedNetwork,
    DiffedNetwork,
  ];
  const numbered = new NumberedLayers(one.layers, other.layers, sharedNames(one.layers, other.layers));
  const [countsA, countsB] = [countNetwork(a), countNetwork(b)];
  const blocks = pairByPath(countsA.blocks, countsB.blocks);
  const paired = pairLayersOf([one, other], blocks, pairByScope);
  const changes = [
    ...diffValues("input-changed", a.inputs, b.inputs),
    ...diffBlocks(paired, true),
    ...diffValues("output-changed", a.outputs, b.outputs),
    ...diffOutputSources([one, other], paired.wiring, (name) =>
      b.outputs.findIndex((each) => each.name === name),
    ),
  ];
  return { ...finished([one, other], numbered, changes), blocks };
}

/**
 * What is different in b of networks whose names are somebody else's: blocks, layers and gates are paired by what they are,
 * and a change is at the scope that it has in a. Of networks that compute the same there is nothing to pair.
 */
export function diffByStructure(a: DiffedNetwork, b: DiffedNetwork): PairedDiff {
  const blocks = pairByStructure(
    [a.graph, countNetwork(a.graph).blocks],
    [b.graph, countNetwork(b.graph).blocks],
  );
  return diffPaired([a, b], blocks, pairByLikeness);
}

/** The same of networks whose layers mostly have the same names: blocks, layers and gates are paired by these. */
export function diffByNames(a: DiffedNetwork, b: DiffedNetwork): PairedDiff {
  const blocks = pairByPath(countNetwork(a.graph).blocks, countNetwork(b.graph).blocks);
  return diffPaired([a, b], blocks, () => pairByScope);
}

function diffPaired(
  [a, b]: Networks,
  blocks: readonly BlockPair[],
  pairing: (numbered: NumberedLayers) => PairLayers,
): PairedDiff {
  const numbered = new NumberedLayers(a.layers, b.layers);
  const isSame = computeTheSame([a, b], numbered);
  const paired = isSame ? undefined : pairLayersOf([a, b], blocks, pairing(numbered));
  const changes = [
    ...diffValuesByOrder("input-changed", a.graph.inputs, b.graph.inputs),
    ...(paired === undefined ? [] : diffBlocks(paired, false)),
    ...diffValuesByOrder("output-changed", a.graph.outputs, b.graph.outputs),
    ...(paired === undefined ? [] : diffOutputSources([a, b], paired.wiring, (_, i) => i)),
  ];
  return { ...finished([a, b], numbered, changes), blocks };
}

type Networks = readonly [a: DiffedNetwork, b: DiffedNetwork];

/** With a change for what differs and has no other. */
function finished([a, b]: Networks, numbered: NumberedLayers, found: readonly Change[]): NetworkDiff {
  const [countsA, countsB] = [countNetwork(a.graph), countNetwork(b.graph)];
  const difference = (key: "parameters" | "attentionParameters" | "buffers" | "macs"): Difference =>
    differenceOf(countsA[key], countsB[key]);
  const parameters = difference("parameters");
  const changes = found.filter(({ before, after }) => before !== after);
  const isExplained = changes.some(({ kind }) => kind !== "training-changed");
  const first = isExplained ? undefined : numbered.firstDifference();
  if (first !== undefined) changes.push(first);
  const missing = parameters.delta - changes.reduce((sum, { parametersDelta }) => sum + parametersDelta, 0);
  if (missing !== 0) {
    // Parameters of several layers, which each block counts and the network counts once, or of no block.
    const [before, after] = [countsA, countsB].map((each) => `${each.parameters} parameters`) as [
      string,
      string,
    ];
    changes.push(changeOf("network-changed", "/", before, after, missing));
  }
  return {
    parameters,
    attentionParameters: difference("attentionParameters"),
    buffers: difference("buffers"),
    macs: difference("macs"),
    computeTheSame: computeTheSame([a, b], numbered),
    changes,
  };
}

/** Rows have one form whatever their sizes are, but outputs do not; and weights that one has twice are not those of the other. */
function computeTheSame([a, b]: Networks, numbered: NumberedLayers): boolean {
  const outputs = ({ graph }: DiffedNetwork): string => graph.outputs.map(imageText).join("; ");
  const weights = ({ graph }: DiffedNetwork): number => countNetwork(graph).parameters;
  return numbered.isEqual() && outputs(a) === outputs(b) && weights(a) === weights(b);
}

function differenceOf(a: number, b: number): Difference {
  const percent = a === 0 ? null : Math.round(((b - a) / a) * 1e4) / 100;
  return { a, b, delta: b - a, percent };
}

type ValueChange = "input-changed" | "output-changed";

/** Inputs or outputs, paired by their name; their order is a change as well. */
function diffValues(kind: ValueChange, a: readonly Value[], b: readonly Value[]): Change[] {
  const byName = (values: readonly Value[]): ReadonlyMap<string, Value> =>
    new Map(values.map((value) => [value.name, value]));
  const [old, now] = [byName(a), byName(b)];
  const names = [...new Set([...old.keys(), ...now.keys()])];
  const changes = names.flatMap((at) => changedValue(kind, at, old.get(at), now.get(at)));
  const order = [...old.keys()].filter((name) => now.has(name)).join(", ");
  const orderInB = [...now.keys()].filter((name) => old.has(name)).join(", ");
  return order === orderInB
    ? changes
    : [...changes, changeOf(kind, "order", `order ${order}`, `order ${orderInB}`)];
}

/** Inputs or outputs in their order, whatever they are called and whatever the batch is. */
function diffValuesByOrder(kind: ValueChange, a: readonly Value[], b: readonly Value[]): Change[] {
  const image = (value: Value | undefined): string | undefined => value && imageText(value);
  return Array.from({ length: Math.max(a.length, b.length) }, (_, i) => i).flatMap((i): Change[] => {
    const [old, now] = [a[i], b[i]];
    return image(old) === image(now) ? [] : changedValue(kind, (old ?? now)?.name ?? "", old, now);
  });
}

/** The type of a value without the batch. */
function imageText({ type: { dtype, dims } }: Value): string {
  return `${dtype} ${dims.slice(1).join()}`;
}

function changedValue(
  kind: ValueChange,
  at: string,
  old: Value | undefined,
  now: Value | undefined,
): Change[] {
  const sameType = old === undefined || now === undefined || old.type.dtype === now.type.dtype;
  const shape = (value: Value | undefined): string | null =>
    value ? `${sameType ? "" : value.type.dtype}[${formatDims(value.type.dims)}]` : null;
  const [before, after] = [shape(old), shape(now)];
  return before === after ? [] : [changeOf(kind, at, before, after)];
}

/** The blocks of two networks and the layers in them, in pairs. */
interface PairedNetworks {
  readonly blocks: readonly { readonly block: BlockPair; readonly layers: readonly LayerPair[] }[];
  readonly wiring: Wiring;
}

function pairLayersOf(
  [a, b]: Networks,
  blocks: readonly BlockPair[],
  pairLayers: PairLayers,
): PairedNetworks {
  const [inA, inB] = [layersByBlock(a.graph, a.layers), layersByBlock(b.graph, b.layers)];
  // The last pair is what stands outside of all blocks.
  const paired = [...blocks, [undefined, undefined] as const].map((block) => {
    const [old, now] = block;
    const isPair = (old === undefined) === (now === undefined);
    const layers = isPair ? pairLayers(inA.get(old?.path) ?? [], inB.get(now?.path) ?? []) : [];
    return { block, layers };
  });
  const wiring = new Wiring(
    paired.flatMap(({ layers }) => layers),
    [a.layers, b.layers],
  );
  return { blocks: paired, wiring };
}

/** Outputs that another layer computes than before. */
function diffOutputSources(
  [a, b]: Networks,
  wiring: Wiring,
  inB: (name: string, index: number) => number,
): readonly Change[] {
  return a.graph.outputs.flatMap(({ name }, i) => {
    const other = inB(name, i);
    if (other < 0 || other >= b.graph.outputs.length) return [];
    const sources = wiring.outputSources(a.layers.outputs[i], b.layers.outputs[other]);
    return sources === undefined
      ? []
      : [changeOf("output-changed", name, `of ${sources[0]}`, `of ${sources[1]}`)];
  });
}

function diffBlocks({ blocks, wiring }: PairedNetworks, sameNames: boolean): readonly Change[] {
  return blocks.flatMap(({ block: [old, now], layers }): readonly Change[] => {
    if (old === undefined && now !== undefined) {
      return [changeOf("block-added", now.path, null, blockText(now), now.parameters)];
    }
    if (old !== undefined && now === undefined) {
      return [changeOf("block-removed", old.path, blockText(old), null, -old.parameters)];
    }
    const at = old?.path ?? "/";
    const body = old === undefined || now === undefined ? undefined : changedBody(old, now, sameNames);
    const isOther = sameNames && old?.block !== now?.block;
    return [
      ...(body === undefined ? [] : [body]),
      // Of a block of another type nothing is paired but the gate.
      ...(isOther ? [] : diffLayers(at, layers, wiring, body !== undefined)),
      ...diffGates(at, layers, wiring),
    ];
  });
}

/** The block without its gates: another type, other weights or another shape. The batch is not the block's. */
function changedBody(old: BlockCounts, now: BlockCounts, sameNames: boolean): Change | undefined {
  const shapeOf = (block: BlockCounts): string => block.output.slice(1).join();
  const delta = bodyOf(now) - bodyOf(old);
  const isSame = (!sameNames || old.block === now.block) && delta === 0 && shapeOf(old) === shapeOf(now);
  return isSame ? undefined : changeOf("block-changed", old.path, blockText(old), blockText(now), delta);
}

/** The trainable scalars of a block without its gates. */
function bodyOf(block: BlockCounts): number {
  return block.parameters - block.attentionParameters;
}

function blockText(block: BlockCounts): string {
  return `${block.block} [${block.output.join(", ")}], ${bodyOf(block)} parameters`;
}
