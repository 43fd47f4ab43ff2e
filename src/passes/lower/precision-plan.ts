import { LARGEST_FLOAT16, SMALLEST_NORMAL_FLOAT16 } from "../../base/float16.js";
import { type Graph, type Op, usesOf, type Value } from "../../ir/graph.js";
import { definitionOf, operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import { concreteDims, elementCount, isFloatType, isIntegerType, type TensorType } from "../../ir/types.js";
import { smallValues } from "../../ir/weight.js";

export type FloatType = "float32" | "float16";

export function isFloat({ type }: Value): boolean {
  return isFloatType(type.dtype);
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
 *     boxes follow from its result without a layer in between: half precision has no finer steps than a pixel beyond 1024,
 *     it has no layer's weights and all that it reads is float32 already,
 *     it has none, some of that is float32 already, and everything that reads its result is in float32,
 *     or it makes a vector of something that is float32 already, with few weights.
 *
 * The third keeps a normalisation that is written out in float32 from its mean on. The last keeps a gate so from its squeeze
 * on, where rounding would save nothing and costs a cast. Ops that share weights compute in the same type, for there is one
 * copy of the weights.
 */
export function planPrecision(graph: Graph, options: PrecisionOptions): ReadonlyMap<Value, FloatType> {
  const kept = new Set([...options.kept, ...leadingToBoxes(graph)]);
  for (;;) {
    const plan = planOnce(graph, { ...options, kept });
    const more = [...sharersInHalf(graph, plan), ...feedersOfFloat32(graph, plan)];
    if (more.length === 0) return plan;
    for (const op of more) kept.add(op);
  }
}

function planOnce(graph: Graph, { weights, kept }: PrecisionOptions): ReadonlyMap<Value, FloatType> {
  const plan = new Map<Value, FloatType>();
  const isFloat32 = (value: Value): boolean => (plan.get(value) ?? value.type.dtype) === "float32";
  const typeOf = (op: Op): FloatType => {
    if (isOp(op, "cast") && !isIntegerType(op.attributes.to)) return op.attributes.to;
    if (kept.has(op) || reasonForFloat32(op) !== undefined) return "float32";
    const computed = computedOperands(op);
    if (op.results.every(({ type }) => isVector(type))) {
      return computed.some(isFloat32) && weightsOf(op) <= weights ? "float32" : "float16";
    }
    return computed.length > 0 && computed.every(isFloat32) && !isLayer(op) ? "float32" : "float16";
  };
  for (const op of graph.ops) {
    const type = typeOf(op);
    for (const result of op.results) if (isFloat(result)) plan.set(result, type);
  }
  return plan;
}

/** The ops between layers and what selects boxes or cuts them out. */
function leadingToBoxes({ ops }: Graph): readonly Op[] {
  const wanted = new Set<Value>();
  return ops.toReversed().filter((op) => {
    if (isOp(op, "roi_align")) wanted.add(operandsOf(op).regions);
    const leads = isOp(op, "non_max_suppression") || op.results.some((result) => wanted.has(result));
    if (!leads || isLayer(op)) return false;
    for (const operand of op.operands) wanted.add(operand);
    return true;
  });
}

/** Why an op computes in float32 whatever is asked for; undefined where half precision does. */
export function reasonForFloat32({ kind, operands }: Pick<Op, "kind" | "operands">): string | undefined {
  const definition = definitionOf(kind);
  if (definition.level !== "primitive" || definition.precision === "half") return undefined;
  const { float32, except } = definition.precision;
  if (except === "layer" && operands.some((each) => each.kind === "parameter")) return undefined;
  return except === "divisor" && isNormalNumber(operands.at(-1)) ? undefined : float32;
}

/** Whether a value is one number, which float16 has with all of its digits. */
function isNormalNumber(value: Value | undefined): boolean {
  if (value?.kind !== "parameter") return false;
  const [number, ...more] = smallValues(value.data) ?? [];
  const size = Math.abs(number ?? 0);
  return more.length === 0 && size >= SMALLEST_NORMAL_FLOAT16 && size <= LARGEST_FLOAT16;
}

/** Whether it is a layer, whose weights are worth a cast. */
function isLayer({ kind }: Op): boolean {
  return definitionOf(kind).cost !== undefined;
}

function computedOperands({ operands }: Op): readonly Value[] {
  return operands.filter((operand) => operand.kind !== "parameter" && isFloat(operand));
}

/** The ops in half precision that no layer's weights want so, and that stand between ops in float32. */
function feedersOfFloat32(graph: Graph, plan: ReadonlyMap<Value, FloatType>): readonly Op[] {
  const uses = usesOf(graph);
  const outputs = new Set<Value>(graph.outputs);
  const found = new Set<Op>();
  const inFloat32 = (op: Op): boolean =>
    found.has(op) || op.results.some((result) => plan.get(result) === "float32");
  for (const op of graph.ops.toReversed()) {
    const [result] = op.results;
    if (result === undefined || plan.get(result) !== "float16" || isOp(op, "cast") || isLayer(op)) continue;
    const readers = uses.get(result) ?? [];
    const joins = computedOperands(op).some(
      (operand) => (plan.get(operand) ?? operand.type.dtype) === "float32",
    );
    if (joins && readers.length > 0 && readers.every(inFloat32) && !outputs.has(result)) found.add(op);
  }
  return [...found];
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
