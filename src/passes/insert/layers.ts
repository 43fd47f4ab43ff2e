import type { Graph, Op, Value } from "../../ir/graph.js";
import { activationOps } from "../../ir/ops/activations.js";
import type { OpName } from "../../ir/ops/registry.js";
import { isFloatType } from "../../ir/types.js";
import { Dataflow } from "../raise/dataflow.js";

/** A convolution, a normalisation or an activation, with those that follow it: what a gate may stand behind. */
export interface Layer {
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

/** What makes one number of many: nothing that is computed of such numbers alone is a map. */
const POOLING: ReadonlySet<string> = new Set<OpName>([
  "global_avg_pool",
  "global_max_pool",
  "reduce_mean",
  "reduce_max",
  "reduce_sum",
]);

/** The layers of a graph whose gates and activations are one op each, in order. What a squeeze leads to is none. */
export function layersOf(graph: Graph): readonly Layer[] {
  const flow = new Dataflow(graph);
  const squeezed = squeezedValues(graph);
  const taken = new Set<Op>();
  return graph.ops.flatMap((first): Layer[] => {
    if (taken.has(first) || !begins(first)) return [];
    const ops = [first];
    for (let next = following(first, flow); next !== undefined; next = following(next, flow)) ops.push(next);
    for (const op of ops) taken.add(op);
    const last = ops.at(-1) ?? first;
    const [end] = last.results;
    if (end === undefined || !isMap(end) || squeezed.has(end)) return [];
    return [{ ops, last, end, form: convForm(first) }];
  });
}

/** Whether a value is a map, or a signal, of a known number of channels. */
export function isMap({ type: { dtype, dims } }: Value): boolean {
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

/** The values that are computed of squeezed numbers alone. */
function squeezedValues({ ops }: Graph): ReadonlySet<Value> {
  const squeezed = new Set<Value>();
  for (const { kind, operands, results } of ops) {
    const read = operands.filter(({ kind }) => kind !== "parameter");
    if (POOLING.has(kind) || (read.length > 0 && read.every((each) => squeezed.has(each)))) {
      for (const result of results) squeezed.add(result);
    }
  }
  return squeezed;
}
