import type { Graph, Op, OpOf, Value } from "../ir/graph.js";
import { costOf } from "../ir/op.js";
import { matmulMacs } from "../ir/ops/linear.js";
import { definitionOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { withSize } from "../ir/sizes.js";
import { type Dim, elementCount, type TensorType, TypeRefusal, tensorType } from "../ir/types.js";

/** The multiply-accumulates of one op, for one image. */
export interface OpCost {
  /** With parameters, or what follows from parameters alone. */
  readonly macs: number;
  /** Of two computed tensors. */
  readonly products: number;
  /** The operator, where it has some that are not counted. */
  readonly missing?: string;
}

const NOTHING: OpCost = { macs: 0, products: 0 };

/** The costs of some ops, for one image of the batch that they are made for. */
export function costsOf(ops: readonly Op[], batches: readonly Dim[]): ReadonlyMap<Op, OpCost> {
  const constant = constantValues(ops);
  return new Map(ops.map((op) => [op, costOfOp(op, batches, constant)]));
}

/** The first sizes of a graph's inputs. The only one of a vector is no batch, unless it is open. */
export function batchesOf({ inputs }: Graph): readonly Dim[] {
  return inputs.flatMap(({ type: { dims } }) => {
    const [first] = dims;
    return first === undefined || (dims.length === 1 && typeof first === "number") ? [] : [first];
  });
}

/** What follows from parameters alone: a layer's weights, however they are handed to it. */
function constantValues(ops: readonly Op[]): ReadonlySet<Value> {
  const constant = new Set<Value>();
  const isConstant = (value: Value): boolean => value.kind === "parameter" || constant.has(value);
  for (const { operands, results } of ops) {
    if (operands.every(isConstant)) for (const result of results) constant.add(result);
  }
  return constant;
}

function costOfOp(op: Op, batches: readonly Dim[], constant: ReadonlySet<Value>): OpCost {
  // What follows from parameters alone is computed once, not for each image.
  if (op.results.every((result) => constant.has(result))) return NOTHING;
  const isConstant = (value: Value): boolean => value.kind === "parameter" || constant.has(value);
  const typeOf = (value: Value): TensorType | undefined => forOneImage(value, batches, isConstant(value));
  const macs = isOp(op, "opaque") ? foreignMacs(op, (value) => typeOf(value)?.dims) : knownMacs(op, typeOf);
  if (macs === undefined) {
    if (isOp(op, "opaque") && !op.attributes.multiplies) return NOTHING;
    return { ...NOTHING, missing: isOp(op, "opaque") ? operatorOf(op) : op.kind };
  }
  const withParameters = op.operands.some((operand) => isConstant(operand) && operand.type.dims.length > 0);
  return withParameters ? { macs, products: 0 } : { macs: 0, products: macs };
}

/** By the op's definition; undefined where sizes are open. */
function knownMacs(op: Op, typeOf: (value: Value) => TensorType | undefined): number | undefined {
  const definition = definitionOf(op.kind);
  if (definition.cost === undefined) return 0;
  const [operands, results] = [op.operands.map(typeOf), op.results.map(typeOf)];
  const areKnown = (types: readonly (TensorType | undefined)[]): types is readonly TensorType[] =>
    types.every((type) => type !== undefined);
  return areKnown(operands) && areKnown(results)
    ? costOf(definition, operands, results, op.attributes).macs
    : undefined;
}

/**
 * A type with the sizes for one image; undefined where one is open besides the batch, or nothing is known. A first size that is
 * open is a batch, whatever it is called.
 */
function forOneImage(
  { type: { dims, dtype } }: Value,
  batches: readonly Dim[],
  isConstant: boolean,
): TensorType | undefined {
  if (dtype === "other" && dims.length === 0) return undefined;
  const symbols = batches.filter((batch) => typeof batch === "string");
  const sized = dims.map((dim, axis) => {
    if (axis === 0 && !isConstant && batches[0] === dim) return 1;
    const known = symbols.reduce<Dim>((size, symbol) => withSize(size, symbol, 1), dim);
    return axis === 0 && typeof known === "string" ? 1 : known;
  });
  return sized.every((dim) => typeof dim === "number") ? tensorType(sized, dtype) : undefined;
}

type Dims = readonly number[];

/** Multiply-accumulates of an operator, from the sizes of its operands and results. */
type ForeignCost = (operands: readonly Dims[], results: readonly Dims[]) => number;

/** Each output element reads the weights of its channel, [M, C / group, ...kernel]. */
const convolution: ForeignCost = ([, weight = []], [y = []]) =>
  elementCount(y) * elementCount(weight.slice(1));

/** Instead of sizes that aren't known: a matrix, so that what is counted of it is NaN too. */
const UNKNOWN: Dims = [Number.NaN, Number.NaN];

/** Operators that no op of the IR is and whose multiply-accumulates follow from sizes, by domain and name. */
const COSTS: ReadonlyMap<string, ForeignCost> = new Map<string, ForeignCost>([
  // Each input element is spread by the weights of its channel, [C, M / group, ...kernel].
  ["ConvTranspose", ([x = [], weight = []]) => elementCount(x) * elementCount(weight.slice(1))],
  ["Conv", convolution],
  ["ConvInteger", convolution],
  ["com.microsoft.FusedConv", convolution],
  ["QLinearConv", ([, , , weight = []], results) => convolution([[], weight], results)],
  ["MatMul", ([a = [], b = []]) => matmulMacs(a, b)],
  ["MatMulInteger", ([a = [], b = []]) => matmulMacs(a, b)],
  ["QLinearMatMul", ([a = [], , , b = []]) => matmulMacs(a, b)],
]);

/** The name of an opaque op's operator, with its domain where that is not ONNX's own. */
export function operatorOf({ attributes: { operator, domain } }: OpOf<"opaque">): string {
  return domain === "" || domain === "ai.onnx" ? operator : `${domain}.${operator}`;
}

/**
 * Multiply-accumulates of a node that no op of the IR can say; undefined where its sizes aren't known or nobody knows what
 * it does.
 *
 * @param sizesOf the sizes of a type for one image; undefined where they aren't known
 */
export function foreignMacs(
  op: OpOf<"opaque">,
  sizesOf: (value: OpOf<"opaque">["operands"][number]) => readonly Dim[] | undefined,
): number | undefined {
  const cost = COSTS.get(operatorOf(op));
  if (cost === undefined) return undefined;
  const known = (values: readonly OpOf<"opaque">["operands"][number][]): readonly Dims[] =>
    values.map((value) => (sizesOf(value) ?? UNKNOWN) as Dims);
  try {
    const macs = cost(known(op.operands), known(op.results));
    return Number.isFinite(macs) ? macs : undefined;
  } catch (error) {
    // Sizes that don't fit one another.
    if (error instanceof TypeRefusal) return undefined;
    throw error;
  }
}
