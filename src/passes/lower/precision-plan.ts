import { type Graph, type Op, usesOf, type Value } from "../../ir/graph.js";
import { definitionOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { concreteDims, elementCount, isIntegerType, type TensorType } from "../../ir/types.js";

export type FloatType = "float32" | "float16";

export function isFloat({ type }: Value): boolean {
  return type.dtype === "float32" || type.dtype === "float16";
}

/** What a plan depends on besides the graph. */
export interface PrecisionOptions {
  /** An op on a vector that is float32 stays so with at most this many weights. */
  readonly weights: number;
  /** The ops that are to stay in float32. */
  readonly kept: ReadonlySet<Op>;
}

/**
 * The element type that each op computes in, by its result. An op is in half precision unless
 *
 *     its definition says that it needs float32 (`precision`),
 *     it is one of those to be kept,
 *     it has no layer's weights and all that it reads is float32 already,
 *     or it makes a vector of something that is float32 already, with few weights.
 *
 * The last two keep a gate in float32 from its squeeze on, where rounding would save nothing and costs a cast. Ops
 * that share weights compute in the same type, for there is one copy of the weights.
 */
export function planPrecision(graph: Graph, options: PrecisionOptions): ReadonlyMap<Value, FloatType> {
  const kept = new Set(options.kept);
  for (;;) {
    const plan = planOnce(graph, { ...options, kept });
    const torn = sharersInHalf(graph, plan);
    if (torn.length === 0) return plan;
    for (const op of torn) kept.add(op);
  }
}

function planOnce(graph: Graph, { weights, kept }: PrecisionOptions): ReadonlyMap<Value, FloatType> {
  const plan = new Map<Value, FloatType>();
  const isFloat32 = (value: Value): boolean => (plan.get(value) ?? value.type.dtype) === "float32";
  const typeOf = (op: Op): FloatType => {
    const definition = definitionOf(op.kind);
    if (isOp(op, "cast") && !isIntegerType(op.attributes.to)) return op.attributes.to;
    if (kept.has(op) || (definition.level === "primitive" && definition.precision !== "half"))
      return "float32";
    const computed = op.operands.filter((operand) => operand.kind !== "parameter" && isFloat(operand));
    if (op.results.every(({ type }) => isVector(type))) {
      return computed.some(isFloat32) && weightsOf(op) <= weights ? "float32" : "float16";
    }
    const isLayer = definition.cost !== undefined;
    return computed.length > 0 && computed.every(isFloat32) && !isLayer ? "float32" : "float16";
  };
  for (const op of graph.ops) {
    const type = typeOf(op);
    for (const result of op.results) if (isFloat(result)) plan.set(result, type);
  }
  return plan;
}

/** Whether at most one axis besides the batch has more than one element: a squeezed map, in whichever layout. */
function isVector({ dims }: TensorType): boolean {
  return dims.slice(1).filter((size) => size !== 1).length <= 1;
}

/** The numbers in an op's parameters. */
function weightsOf(op: Op): number {
  return op.operands.reduce(
    (sum, { kind, type }) => (kind === "parameter" ? sum + elementCount(concreteDims(type.dims)) : sum),
    0,
  );
}

/** The ops in half precision that read weights which an op in float32 reads too. Constants can be had twice. */
function sharersInHalf(graph: Graph, plan: ReadonlyMap<Value, FloatType>): readonly Op[] {
  const inHalf = (op: Op): boolean => op.results.some((result) => plan.get(result) === "float16");
  const outputs = new Set(graph.outputs);
  return [...usesOf(graph)].flatMap(([value, users]) => {
    if (value.kind !== "parameter") return [];
    const isTorn = value.role !== "fixed" && users.length > 1 && !users.every(inHalf);
    return isTorn || outputs.has(value) ? users.filter(inHalf) : [];
  });
}
