import type { Graph, Op, Value } from "../../ir/graph.js";
import { activationOps } from "../../ir/ops/activations.js";
import type { OpName } from "../../ir/ops/registry.js";
import { isFloatType } from "../../ir/types.js";
import { Dataflow } from "../raise/dataflow.js";

/** A convolution, a normalisation or an activation, with those that follow it: what a gate may stand behind. */
export interface InsertionLayer {
  readonly ops: readonly Op[];
  /** The op that makes the layer's result. */
  readonly last: Op;
  readonly end: Value;
  /** What kind of convolution it begins with; undefined for a normalisation or an activation by itself. */
  readonly form: ConvForm | undefined;
}

/** `depthwise`: a filter for each channel. `pointwise`: of 1×1. `spatial`: every other. */
export type ConvForm = "depthwise" | "pointwise" | "spatial";

const CONVOLUTIONS: ReadonlySet<string> = new Set<OpName>(["conv", "conv_1d", "conv_transpose"]);

const ACTIVATIONS: ReadonlySet<string> = new Set(
  Object.keys(activationOps).filter((kind) => !kind.endsWith("softmax")),
);

/** Ops that a bias or a folded normalisation is, where they have a parameter. */
const AFFINE: ReadonlySet<string> = new Set<OpName>(["add", "sub", "mul", "div"]);

/** Ops over maps with their channels first, of which there are no others. */
const OVER_MAPS: ReadonlySet<string> = new Set<OpName>([
  "conv",
  "conv_1d",
  "conv_transpose",
  "batch_norm",
  "max_pool",
  "avg_pool",
]);

/** What makes one number of many: nothing that is computed of such numbers alone is a map. */
const POOLING_KINDS = [
  "global_avg_pool",
  "global_max_pool",
  "reduce_mean",
  "reduce_max",
  "reduce_sum",
] as const satisfies readonly OpName[];
const POOLING: ReadonlySet<string> = new Set(POOLING_KINDS);

/** What leaves no map behind, whatever the sizes are: one number for many, or other axes. */
const LEAVING: ReadonlySet<string> = new Set<OpName>([
  ...POOLING_KINDS,
  "transpose",
  "reshape",
  "reshape_to",
  "matmul",
  "gemm",
  "opaque",
]);

/** The layers of a graph whose gates and activations are one op each, in order. What a squeeze leads to is none. */
export function layersOf(graph: Graph, maps: ReadonlySet<Value>): readonly InsertionLayer[] {
  const flow = new Dataflow(graph);
  const taken = new Set<Op>();
  return graph.ops.flatMap((first): InsertionLayer[] => {
    if (taken.has(first) || !begins(first)) return [];
    const ops = [first];
    for (let next = following(first, flow); next !== undefined; next = following(next, flow)) ops.push(next);
    for (const op of ops) taken.add(op);
    const last = ops.at(-1) ?? first;
    const [end] = last.results;
    if (end === undefined || !maps.has(end)) return [];
    return [{ ops, last, end, form: convForm(first) }];
  });
}

/**
 * The maps and signals of a graph, with a known number of channels along their second axis. A file's tensor of other axes may
 * look like one, so they are what convolutions, normalisations and pools read and make, and what is made of these element by element.
 */
export function mapsOf({ ops }: Graph): ReadonlySet<Value> {
  const maps = new Set<Value>();
  const squeezed = new Set<Value>();
  for (const { kind, operands, results } of ops) {
    const read = operands.filter((each) => each.kind !== "parameter");
    const isSqueezed = read.length > 0 && read.every((each) => squeezed.has(each));
    if (isSqueezed || POOLING.has(kind)) for (const each of results) squeezed.add(each);
    if (isSqueezed || LEAVING.has(kind)) continue;
    const isOverMap = OVER_MAPS.has(kind);
    if (!isOverMap && !read.some((each) => maps.has(each))) continue;
    for (const each of isOverMap ? operands.slice(0, 1) : []) if (hasChannels(each)) maps.add(each);
    for (const each of results) if (hasChannels(each)) maps.add(each);
  }
  return maps;
}

function hasChannels({ type: { dtype, dims } }: Value): boolean {
  return isFloatType(dtype) && (dims.length === 4 || dims.length === 3) && typeof dims[1] === "number";
}

export function convForm(op: Op): ConvForm | undefined {
  if (!CONVOLUTIONS.has(op.kind)) return undefined;
  const [, inputs = 0, ...window] = op.operands[1]?.type.dims ?? [];
  const { group } = op.attributes as { readonly group?: number };
  if ((group ?? 1) > 1 && inputs === 1) return "depthwise";
  return window.every((size) => size === 1) ? "pointwise" : "spatial";
}

function begins(op: Op): boolean {
  return CONVOLUTIONS.has(op.kind) || op.kind === "batch_norm" || ACTIVATIONS.has(op.kind);
}

/** What belongs to the same layer after an op, if it alone reads the op's result. */
function following(op: Op, flow: Dataflow): Op | undefined {
  const [result] = op.results;
  if (result === undefined || flow.isOutput(result) || ACTIVATIONS.has(op.kind)) return undefined;
  const [reader, ...others] = flow.readers(result);
  if (reader === undefined || others.length > 0 || reader.results.length !== 1) return undefined;
  if (reader.kind === "batch_norm" || ACTIVATIONS.has(reader.kind)) {
    return reader.operands[0] === result ? reader : undefined;
  }
  const isAffine = AFFINE.has(reader.kind) && reader.operands.some(({ kind }) => kind === "parameter");
  const keepsSizes = reader.results[0]?.type.dims.length === result.type.dims.length;
  return isAffine && keepsSizes ? reader : undefined;
}
