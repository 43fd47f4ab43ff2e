import type { Graph, Op, Value } from "../ir/graph.js";
import { definitionOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { withSize } from "../ir/sizes.js";
import { type Dim, type TensorType, tensorType } from "../ir/types.js";
import { foreignMacs, operatorOf } from "./foreign-costs.js";

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
  return new Map(ops.map((op) => [op, costOf(op, batches, constant)]));
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

function costOf(op: Op, batches: readonly Dim[], constant: ReadonlySet<Value>): OpCost {
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
  const { cost } = definitionOf(op.kind);
  if (cost === undefined) return 0;
  const [operands, results] = [op.operands.map(typeOf), op.results.map(typeOf)];
  const areKnown = (types: readonly (TensorType | undefined)[]): types is readonly TensorType[] =>
    types.every((type) => type !== undefined);
  return areKnown(operands) && areKnown(results) ? cost(operands, results, op.attributes).macs : undefined;
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
