import {
  type AttentionType,
  attentionKindOf,
  moduleOf,
  type SelectionType,
} from "../ir/attention/modules.js";
import { type Block, blockAt, type Graph, type Op, type Parameter, usesOf } from "../ir/graph.js";
import { nameOperands } from "../ir/operands.js";
import { isOp } from "../ir/rewrite.js";
import { withSize } from "../ir/sizes.js";
import type { Tensor } from "../ir/tensor.js";
import { concreteDims, type Dim, elementCount } from "../ir/types.js";
import type { FoundSizes } from "./found-sizes.js";
import { batchesOf, costsOf, type OpCost } from "./op-costs.js";

/**
 * What a network costs, in the field's words. `parameters`: trainable scalars (BatchNorm's scale and shift
 * count, its running statistics are `buffers`). `macs`: multiply-accumulates of convolutions and matrix
 * products with parameters, for one image of the input size.
 */
export interface Counts {
  readonly parameters: number;
  readonly attentionParameters: number;
  readonly buffers: number;
  readonly macs: number;
  readonly attentionMacs: number;
}

export interface BlockCounts extends Counts {
  /** The block's scope, `/stages/2/blocks/0`. */
  readonly path: string;
  readonly block: string;
  /** The gates in it, as `eca (k = 5)`. */
  readonly attention: readonly string[];
  /** The shape that leaves the block. */
  readonly output: readonly Dim[];
}

export interface NetworkCounts extends Counts {
  readonly blocks: readonly BlockCounts[];
  /** Multiply-accumulates of products of two computed tensors, which are not part of `macs`; absent if there are none. */
  readonly productMacs?: number;
  /** Sizes that are only known at run time and that `macs` depend on, with their upper bounds, which are counted; absent if there are none. */
  readonly found?: Readonly<Record<string, number>>;
  /** The operators whose multiply-accumulates are missing in `macs`, most nodes first; absent if there are none. */
  readonly uncounted?: readonly UncountedOperator[];
}

export interface UncountedOperator {
  /** `LSTM`; with its domain if that is not ONNX's standard domain. */
  readonly operator: string;
  readonly nodes: number;
}

const counted = new WeakMap<Graph, NetworkCounts>();

/** Counts a graph, in total and by block. No weight is made or loaded. A graph never changes, so once is enough. */
export function countNetwork(graph: Graph): NetworkCounts {
  const known = counted.get(graph);
  if (known !== undefined) return known;
  const counts = countBlocks(graph);
  counted.set(graph, counts);
  return counts;
}

function countBlocks(graph: Graph): NetworkCounts {
  const batches = batchesOf(graph);
  const costs = costsOf(graph.ops, batches);
  const members = new Map<Block, Op[]>(graph.blocks.map((block) => [block, []]));
  for (const op of graph.ops) {
    const block = blockAt(graph, op.loc.scope);
    if (block !== undefined) members.get(block)?.push(op);
  }
  const blocks = [...members].map(([block, ops]) => ({
    path: block.scope,
    block: block.type,
    ...countOps(ops, costs),
    attention: ops.flatMap((op) => gateOf(op)?.text ?? []),
    output: ops.at(-1)?.results[0]?.type.dims ?? [],
  }));
  const all = [...costs.values()];
  const productMacs = all.reduce((sum, { products }) => sum + products, 0);
  const uncounted = uncountedOperators(all.flatMap(({ missing }) => missing ?? []));
  const found = countedSizes(costs, batches.found);
  return {
    ...countOps(graph.ops, costs),
    blocks,
    ...(found.length === 0 ? {} : { found: Object.fromEntries(found) }),
    ...(productMacs === 0 ? {} : { productMacs }),
    ...(uncounted.length === 0 ? {} : { uncounted }),
  };
}

/** The sizes that a run finds which multiply-accumulates depend on, as they are or as a part of another size. */
function countedSizes(
  costs: ReadonlyMap<Op, OpCost>,
  found: FoundSizes,
): readonly (readonly [string, number])[] {
  const open = [...costs].flatMap(([{ operands }, { macs, products }]) =>
    macs + products === 0 ? [] : operands.flatMap(({ type: { dims } }) => dims),
  );
  return [...found].filter(([name, most]) => open.some((size) => withSize(size, name, most) !== size));
}

function uncountedOperators(operators: readonly string[]): readonly UncountedOperator[] {
  const nodes = new Map<string, number>();
  for (const operator of operators) nodes.set(operator, (nodes.get(operator) ?? 0) + 1);
  return [...nodes]
    .map(([operator, nodes]) => ({ operator, nodes }))
    .sort((a, b) => b.nodes - a.nodes || (a.operator < b.operator ? -1 : 1));
}

/** Counts some ops of a graph. A parameter that several of them share counts once. */
export function countOps(ops: readonly Op[], costs: ReadonlyMap<Op, OpCost> = costsOf(ops)): Counts {
  const all = new Set<Parameter>();
  const ofAttention = new Set<Parameter>();
  let [macs, attentionMacs] = [0, 0];
  // In the bodies of nodes that no op says.
  let [heldTrainable, heldBuffers] = [0, 0];
  for (const op of ops) {
    if (isOp(op, "opaque")) {
      heldTrainable += op.attributes.held.trainable;
      heldBuffers += op.attributes.held.buffers;
    }
    const isAttention = attentionKindOf(op.kind) !== undefined;
    for (const operand of op.operands) {
      if (operand.kind !== "parameter") continue;
      all.add(operand);
      if (isAttention) ofAttention.add(operand);
    }
    const cost = costs.get(op)?.macs ?? 0;
    macs += cost;
    if (isAttention) attentionMacs += cost;
  }
  return {
    parameters: scalarsOf(all, "trainable") + heldTrainable,
    attentionParameters: scalarsOf(ofAttention, "trainable"),
    buffers: scalarsOf(all, "buffer") + heldBuffers,
    macs,
    attentionMacs,
  };
}

/** A gate or a selection: what kind it is, the op, and a text for people. */
export interface Gate {
  readonly type: AttentionType | SelectionType;
  readonly op: Op;
  readonly detail: string;
  /** What is left of its first operand without it. */
  readonly bypass: (x: Tensor) => Tensor;
  /** `eca (k = 5)` */
  readonly text: string;
}

/** The gate that an op is; undefined for every op but attention. */
export function gateOf(op: Op): Gate | undefined {
  const type = attentionKindOf(op.kind);
  if (type === undefined) return undefined;
  const module = moduleOf(type);
  const types = op.operands.map((operand) => operand.type);
  const detail = module.describe(op.attributes, nameOperands(module.op.operands, types));
  const bypass = (x: Tensor): Tensor => module.bypass?.(x, op.attributes) ?? x;
  return { type, op, detail, bypass, text: `${type} (${detail})` };
}

function scalarsOf(parameters: Iterable<Parameter>, role: Parameter["role"]): number {
  let scalars = 0;
  for (const parameter of parameters) {
    if (parameter.role === role) scalars += elementCount(concreteDims(parameter.type.dims));
  }
  return scalars;
}

/** What a network would have if the biases of its convolutions were normalisations that were folded. */
export interface FoldedNorms {
  /** Convolutions with such a bias. */
  readonly convolutions: number;
  /** Trainable scalars of the network with normalisations instead of the biases: a scale and a shift each. */
  readonly parameters: number;
  /** Their running statistics. */
  readonly buffers: number;
}

/**
 * Exports fold each batch normalisation into the convolution before it, whose bias is all that is left of two trainable
 * vectors. A convolution with a bias may as well have been trained so; what is counted are those on maps, outside of
 * gates. Undefined for a network that has normalisations, or no such bias.
 */
export function foldedNorms(graph: Graph, parameters: number): FoldedNorms | undefined {
  if (graph.ops.some(({ kind }) => kind === "batch_norm")) return undefined;
  const uses = usesOf(graph);
  let convolutions = 0;
  let channels = 0;
  for (const op of graph.ops) {
    const [x, weight, bias] = op.operands;
    if (!isOp(op, "conv") || bias?.kind !== "parameter" || x === undefined) continue;
    // After the pooling there is one pixel, and layers with a bias of their own. So have heads that say what they see.
    if (x.type.dims.slice(2).every((size) => size === 1) || op.results.every((each) => !uses.has(each)))
      continue;
    convolutions++;
    channels += Number(weight?.type.dims[0]);
  }
  return convolutions === 0
    ? undefined
    : { convolutions, parameters: parameters + channels, buffers: 2 * channels };
}
