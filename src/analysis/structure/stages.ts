import type { Graph, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import type { Dim } from "../../ir/types.js";
import type { Group, RecoveredBlock } from "./classify.js";
import { parentModule } from "./names.js";
import { strideOf } from "./stride.js";
import { isConv, type Unit, unitsOf } from "./units.js";

/** The groups as stem, stages of blocks, and head. */
export function groupStages(groups: readonly Group[], graph: Graph): readonly RecoveredBlock[] {
  const { stem, head } = ends(groups);
  const parts = {
    stem: groups.slice(0, stem),
    body: groups.slice(stem, head),
    head: groups.slice(head),
  };
  const found: RecoveredBlock[] = [];
  if (parts.stem.length > 0) found.push(whole("stem", parts.stem));
  const byName = stagesOfNames(parts.body);
  let stage = -1;
  let index = 0;
  parts.body.forEach((group, i) => {
    const previous = parts.body[i - 1];
    const starts =
      previous === undefined ||
      (byName === undefined ? startsStage(group, previous) : byName[i] !== byName[i - 1]);
    if (starts) [stage, index] = [stage + 1, 0];
    found.push(recovered(group, group.type, `/stages/${stage}/blocks/${index}`, { stage, index }));
    index++;
  });
  if (parts.head.length > 0) found.push(whole("head", parts.head));
  return withOtherOps(found, graph);
}

/** Where the stages begin and end: after the stem, before the head. */
function ends(groups: readonly Group[]): { stem: number; head: number } {
  const isBlock = ({ type, units }: Group): boolean =>
    (type !== "sequence" && type !== "conv-norm-act" && type !== "downsample") ||
    units.some(({ core }) => core.kind === "residual");
  const isPlain = ({ units }: Group): boolean =>
    units.some(({ core }) => isConv(core) || core.kind === "residual");
  const rows = groups.findIndex(endsMap);
  const last = Math.max(groups.findLastIndex(isBlock), -1);
  const global = rows < 0 ? groups.length : rows;
  const first = groups.findIndex(isBlock);
  const body = first < 0 ? Math.min(global, groups.length) : first;
  const leading = groups.slice(0, body);
  const cut = leading.length === 0 ? 0 : first < 0 ? Math.min(1, body) : 1 + lastShrinking(leading);
  // What has no layer between the stem's and the first block's, as a class token that is put in front, is the stem's.
  const isStems = first >= 0 && !groups.slice(cut, first).some(hasLayer);
  const stem = isStems ? Math.max(cut, first) : Math.max(cut, stemOfNames(leading, groups[first]));
  // The last convolution before the global pooling is the head's, unless the head has a layer more after it and names don't say so.
  const tail = Math.max(last + 1, stem);
  const before = groups.slice(tail, global).filter(isPlain).length;
  const after = groups.slice(global).flatMap(({ units }) => units);
  const layers = after.filter(({ core }) => isConv(core) || core.kind === "linear");
  // Of a row of convolutions the head begins after the last one.
  if (first < 0) return { stem, head: Math.max(tail, groups.slice(0, global).findLastIndex(hasLayer) + 1) };
  const lastPlain = groups.slice(0, global).findLastIndex(isPlain);
  const isHeads = layers.length <= 1 || isInListOfStem(groups[lastPlain], groups[0], groups[first]);
  if (global <= tail || before === 0 || !isHeads)
    return { stem, head: groups.slice(tail, global).some(hasLayer) ? Math.max(tail, global) : tail };
  return { stem, head: lastPlain };
}

/**
 * Whether a convolution behind the blocks is in one list of modules with the blocks and with the stem, as torchvision's `features`: a list of all
 * layers ends with the head's as it begins with the stem's. One that is in the list of the blocks alone is a block.
 */
function isInListOfStem(
  group: Group | undefined,
  stem: Group | undefined,
  block: Group | undefined,
): boolean {
  const list = listOf(group);
  return list !== undefined && listOf(stem) === list && listOf(block) === list;
}

/** The list of modules that a group is in, by its outermost numbered module. */
function listOf(group: Group | undefined): string | undefined {
  return parentModule(group?.modules.slice(0, 1) ?? []);
}

/** How many groups before the first block are in the list of modules that the first one is in, where the block is in another. */
function stemOfNames(leading: readonly Group[], block: Group | undefined): number {
  const list = listOf(leading[0]);
  if (list === undefined || block === undefined || listOf(block) === list) return 0;
  return leading.findLastIndex((group) => listOf(group) === list) + 1;
}

function hasLayer({ units }: Group): boolean {
  return units.some(({ core }) => isConv(core) || core.kind === "linear" || core.kind === "residual");
}

const GLOBAL: ReadonlySet<string> = new Set([
  ...["global_avg_pool", "global_max_pool", "reduce_mean", "reduce_max", "flatten", "gemm", "matmul"],
]);

/** Whether a group makes a row of numbers of a map; gates do so too, beside the map. */
function endsMap({ units }: Group): boolean {
  return units.some(
    ({ core, ops }) =>
      (core.kind === "other" || core.kind === "linear") && ops.some(({ kind }) => GLOBAL.has(kind)),
  );
}

/** The stem ends with the last pooling; without one with the last convolution that makes the map smaller. */
function lastShrinking(groups: readonly Group[]): number {
  const pooled = groups.findLastIndex(({ units }) => units.some(({ core }) => core.kind === "pool"));
  return pooled >= 0
    ? pooled
    : Math.max(
        0,
        groups.findLastIndex((group) => strideOf(group.units) > 1),
      );
}

/**
 * A stage begins where the map shrinks or the width changes. Concatenations widen the map within a stage, and what only makes the map smaller
 * belongs to the stage after it.
 */
function startsStage(group: Group, previous: Group): boolean {
  if (strideOf(group.units) > 1) return true;
  if (previous.type === "downsample") return false;
  return !widens(group) && !widens(previous) && channelsOf(group) !== channelsOf(previous);
}

function widens({ type }: Group): boolean {
  return type === "branches" || type === "dense-layer" || type === "fire";
}

function channelsOf({ units }: Group): unknown {
  return units.at(-1)?.sizes.to.channels;
}

/** The stages that names have, where they have several of them. What makes the map smaller belongs to the stage after it. */
function stagesOfNames(groups: readonly Group[]): readonly string[] | undefined {
  const parents = groups.map(({ modules }) => (modules.length < 1 ? undefined : parentModule(modules)));
  const stages = groups.flatMap(({ type }, i) => parents[type === "downsample" ? i + 1 : i] ?? []);
  return stages.length === groups.length && new Set(stages).size > 1 ? stages : undefined;
}

function whole(type: "stem" | "head", groups: readonly Group[]): RecoveredBlock {
  const units = groups.flatMap((group) => group.units);
  return recovered({ units, type: "sequence", modules: [] }, type, `/${type}`, {});
}

function recovered(
  group: Group,
  type: string,
  scope: string,
  at: { readonly stage?: number; readonly index?: number },
): RecoveredBlock {
  const { units } = group;
  const from = (units[0] as Unit).from;
  const to = (units.at(-1) as Unit).to;
  const block = { scope, type, inputChannels: Number(units[0]?.sizes.from.channels ?? 0) || 0, ...at };
  return { ...group, block, ops: units.flatMap(({ ops }) => ops), from, to };
}

/** The blocks with the ops that no input reaches, in the first of them: there is nothing that they would belong to. */
function withOtherOps(blocks: readonly RecoveredBlock[], graph: Graph): readonly RecoveredBlock[] {
  const inside = new Set(blocks.flatMap(({ ops }) => ops));
  const others = graph.ops.filter((op) => !inside.has(op));
  const [first, ...rest] = blocks;
  const [op] = others;
  if (op === undefined) return blocks;
  const value = op.results[0] as Value;
  if (first === undefined) {
    const block = { scope: "/network", type: "sequence", inputChannels: 0 };
    return [{ block, type: "sequence", units: [], modules: [], ops: others, from: value, to: value }];
  }
  return [{ ...first, ops: [...others, ...first.ops] }, ...rest];
}

/** What a table says of a block. */
export interface BlockFacts {
  /** Input and output channels; null if unknown. */
  readonly channels: readonly [inputs: Dim | null, outputs: Dim | null];
  /** The kernels of its convolutions except 1×1, as `3x3` or `3x3, 5x5`; `1x1` if it has no other. */
  readonly kernel: string;
  readonly stride: number;
  /** Height and width of its output, as `56x56`; empty if that is not a map. */
  readonly map: string;
}

export function factsOf({ units, from, to }: RecoveredBlock): BlockFacts {
  const kernels = [...new Set(units.flatMap(kernelsOf))];
  const wide = kernels.filter((kernel) => kernel !== "1x1");
  const before = units[0]?.sizes.from.channels ?? from.type.dims[1];
  const after = units.at(-1)?.sizes.to;
  return {
    channels: [before ?? null, after?.channels ?? to.type.dims[1] ?? null],
    kernel: (wide.length > 0 ? wide : kernels).join(", "),
    stride: strideOf(units),
    map: (after?.map ?? []).join("x"),
  };
}

function kernelsOf({ core }: Unit): readonly string[] {
  if (core.kind === "residual") return unitsOf(core.branch).flatMap(kernelsOf);
  if (!isConv(core) && core.kind !== "branches") return [];
  if (core.kind === "pointwise" && core.convs.length === 0) return ["1x1"];
  return core.convs.map((conv) => operandsOf(conv).weight.type.dims.slice(2).join("x"));
}
