import type { Graph, Op, OpOf, Value } from "../ir/graph.js";
import { type Cost, costOf } from "../ir/op.js";
import type { InnerBody, InnerNode } from "../ir/ops/opaque.js";
import { definitionOf } from "../ir/ops/registry.js";
import { isOp } from "../ir/rewrite.js";
import { withSize } from "../ir/sizes.js";
import { type Dim, isUnknownType, type TensorType, tensorType } from "../ir/types.js";
import { constantsOf } from "./constants.js";
import { factorsOf, foreignMacs, hasStepsFirst, operatorName, UNKNOWN_SIZES } from "./foreign-costs.js";
import { type FoundSizes, foundSizes, largestSize } from "./found-sizes.js";

/** The multiply-accumulates of one op, for one image. */
export interface OpCost {
  /** With parameters, or what follows from parameters alone. */
  readonly macs: number;
  /** Of two computed tensors. */
  readonly products: number;
  /** The operators that have some which are not counted, one for each node. */
  readonly missing?: readonly string[];
}

/** What ONNX calls the ops that multiply, for people who have its files. */
const OPERATORS: { readonly [K in Op["kind"]]?: string } = {
  conv: "Conv",
  conv_1d: "Conv",
  conv_transpose: "ConvTranspose",
  gemm: "Gemm",
  general_gemm: "Gemm",
  matmul: "MatMul",
};

const NOTHING: OpCost = { macs: 0, products: 0 };

/** By which sizes the batch is told from what one image has. */
export interface Batches {
  /** Those of a graph's inputs. */
  readonly sizes: readonly Dim[];
  /** The first two sizes, as `leading` has them, of tensors [steps, batch, ...], which recurrent layers read so. */
  readonly sequences: ReadonlySet<string>;
  /** Sizes that only a run has, as large as they can be. */
  readonly found: FoundSizes;
  /** How many images a file is made for, where that is a number above 1, and the values that are of all of them. */
  readonly images?: { readonly count: number; readonly values: ReadonlySet<Value> } | undefined;
}

const NO_BATCHES: Batches = { sizes: [], sequences: new Set(), found: new Map() };

/** The costs of some ops, for one image of the batch that they are made for. */
export function costsOf(ops: readonly Op[], batches: Batches = NO_BATCHES): ReadonlyMap<Op, OpCost> {
  const isConstant = constantsOf(ops);
  return new Map(ops.map((op) => [op, costOfOp(op, batches, isConstant)]));
}

/**
 * The batch is the first size of an input, of a sequence the second. The only one of a vector is none, unless it is open; and none is a
 * number that no output is for: where the first size of each is known, and no multiple of it.
 */
export function batchesOf(graph: Graph): Batches {
  const { inputs, ops, outputs } = graph;
  const isForNone = (count: Dim): boolean =>
    typeof count === "number" &&
    outputs.every(({ type: { dims } }) => typeof dims[0] === "number" && dims[0] % count !== 0);
  const sequences = new Set(ops.flatMap((op) => (isOp(op, "opaque") ? sequencesOf(op) : [])));
  const sizes = inputs.flatMap(({ type: { dims } }) => {
    const [first, second] = dims;
    if (second !== undefined && sequences.has(leading(dims))) return [second];
    if (first === undefined || isForNone(first)) return [];
    return dims.length === 1 && typeof first === "number" ? [] : [first];
  });
  return { sizes, sequences, found: foundSizes(ops), images: imagesOf(graph, sizes[0]) };
}

/** A number is the batch of the whole where the first output has it too. */
function imagesOf({ inputs, ops, outputs: [output] }: Graph, count: Dim | undefined): Batches["images"] {
  if (typeof count !== "number" || count < 2 || output?.type.dims[0] !== count) return undefined;
  const values = new Set<Value>(inputs.filter(({ type: { dims } }) => dims[0] === count));
  for (const { operands, results } of ops)
    if (operands.some((operand) => values.has(operand))) for (const result of results) values.add(result);
  return { count, values };
}

/** The sequences that a node reads steps first, and those that the nodes in its bodies do. */
function sequencesOf({ attributes, operands: [x] }: OpOf<"opaque">): readonly string[] {
  const inner = (bodies: readonly InnerBody[]): readonly string[] =>
    bodies
      .flatMap(({ nodes }) => nodes)
      .flatMap((node) => [...sequence(node, node.operands[0]), ...inner(node.bodies)]);
  return [...sequence(attributes, x?.type.dims), ...inner(attributes.bodies)];
}

function sequence(
  node: Parameters<typeof hasStepsFirst>[0],
  dims: readonly Dim[] | null | undefined,
): readonly string[] {
  return dims?.length === 3 && hasStepsFirst(node) ? [leading(dims)] : [];
}

function leading(dims: readonly Dim[]): string {
  return dims.slice(0, 2).join();
}

function costOfOp(op: Op, batches: Batches, isConstant: (value: Value) => boolean): OpCost {
  // What follows from parameters alone is computed once, not for each image.
  if (op.results.every(isConstant)) return NOTHING;
  const { images } = batches;
  if (images !== undefined && holdsImages(op, images, isConstant)) {
    const { macs, products, missing } = costAt(op, { ...NO_BATCHES, found: batches.found }, isConstant);
    const [macsOfOne, productsOfOne] = [macs / images.count, products / images.count];
    if (missing === undefined && Number.isInteger(macsOfOne) && Number.isInteger(productsOfOne))
      return { macs: macsOfOne, products: productsOfOne };
  }
  return costAt(op, batches, isConstant);
}

/** Whether an op computes something of all images with none of them in the first axis: rows, or heads, of all images, or steps first. */
function holdsImages(
  { kind, operands, results }: Op,
  { count, values }: NonNullable<Batches["images"]>,
  isConstant: (value: Value) => boolean,
): boolean {
  const isFirst = (value: Value): boolean => !isConstant(value) && value.type.dims[0] === count;
  return (
    definitionOf(kind).level === "primitive" &&
    results.some((result) => values.has(result)) &&
    ![...operands, ...results].some(isFirst)
  );
}

function costAt(op: Op, batches: Batches, isConstant: (value: Value) => boolean): OpCost {
  if (isOp(op, "opaque")) return opaqueCost(op, batches, isConstant);
  const cost = knownCost(op, (value) => forOneImage(value.type, batches, isConstant(value)));
  if (cost === undefined) return { ...NOTHING, missing: [OPERATORS[op.kind] ?? op.kind] };
  const { macs, products = 0 } = cost;
  // A layer's bias is no factor; a gate has its weights anywhere.
  if (definitionOf(op.kind).level === "model") return { macs, products };
  return charged(op.operands.slice(0, 2), macs, isConstant);
}

/** With parameters, unless they are single numbers. */
function charged(factors: readonly Value[], macs: number, isConstant: (value: Value) => boolean): OpCost {
  const withParameters = factors.some((factor) => isConstant(factor) && factor.type.dims.length > 0);
  return withParameters ? { macs, products: 0 } : { macs: 0, products: macs };
}

function opaqueCost(
  { attributes, operands, results }: OpOf<"opaque">,
  batches: Batches,
  isConstant: (value: Value) => boolean,
): OpCost {
  const { bodies, multiplies, operator, domain, written } = attributes;
  if (bodies.length > 0) return bodiesCost(operator, bodies, batches);
  const sizesOf = (value: Value): readonly number[] => sizesFor(value.type, batches, isConstant(value));
  const macs = foreignMacs({
    operator,
    domain,
    written,
    operands: operands.map(sizesOf),
    results: results.map(sizesOf),
  });
  if (typeof macs === "object") return macs;
  if (macs !== undefined) return charged(factorsOf(operator, domain, operands), macs, isConstant);
  return multiplies ? { ...NOTHING, missing: [operatorName(operator, domain)] } : NOTHING;
}

/** The sizes of a value for one image, or such that make every count NaN. */
function sizesFor(type: TensorType, batches: Batches, isConstant: boolean): readonly number[] {
  return (forOneImage(type, batches, isConstant)?.dims as readonly number[] | undefined) ?? UNKNOWN_SIZES;
}

/** Of branches the one with the most; a body once for each round. What has no known number of rounds is missing. */
function bodiesCost(operator: string, bodies: readonly InnerBody[], batches: Batches): OpCost {
  const each = bodies.map(({ rounds, nodes }): OpCost => {
    const costs = nodes.map((node) => innerCost(node, batches));
    const missing = costs.flatMap((cost) => cost.missing ?? []);
    const total = (of: (cost: OpCost) => number): number => costs.reduce((sum, cost) => sum + of(cost), 0);
    const count = rounds === null ? undefined : sizeForOneImage(rounds, batches);
    if (typeof count !== "number") return nodes.length === 0 ? NOTHING : { ...NOTHING, missing: [operator] };
    return {
      macs: count * total(({ macs }) => macs),
      products: count * total(({ products }) => products),
      ...(missing.length === 0 ? {} : { missing }),
    };
  });
  const all = (cost: OpCost): number => cost.macs + cost.products;
  const [first = NOTHING] = each.toSorted((a, b) => all(b) - all(a));
  const missing = each.flatMap((cost) => cost.missing ?? []);
  return { macs: first.macs, products: first.products, ...(missing.length === 0 ? {} : { missing }) };
}

function innerCost(node: InnerNode, batches: Batches): OpCost {
  if (node.bodies.length > 0) return bodiesCost(node.operator, node.bodies, batches);
  if (node.constants.every((isConstant) => isConstant)) return NOTHING;
  const sizesOf = (dims: readonly Dim[] | null, isConstant: boolean): readonly number[] =>
    dims === null ? UNKNOWN_SIZES : sizesFor({ dtype: "float32", dims }, batches, isConstant);
  const macs = foreignMacs({
    ...node,
    operands: node.operands.map((dims, i) => sizesOf(dims, node.constants[i] === true)),
    results: node.results.map((dims) => sizesOf(dims, false)),
  });
  if (macs === undefined) return { ...NOTHING, missing: [operatorName(node.operator, node.domain)] };
  if (typeof macs === "object") return macs;
  const tensors = node.operands.map((dims, i) => node.constants[i] === true && dims?.length !== 0);
  const withParameters = factorsOf(node.operator, node.domain, tensors).some((isTensor) => isTensor);
  return withParameters ? { macs, products: 0 } : { macs: 0, products: macs };
}

/** By the op's definition; undefined where sizes are open. */
function knownCost(op: Op, typeOf: (value: Value) => TensorType | undefined): Cost | undefined {
  const definition = definitionOf(op.kind);
  if (definition.cost === undefined) return { macs: 0 };
  const [operands, results] = [op.operands.map(typeOf), op.results.map(typeOf)];
  const areKnown = (types: readonly (TensorType | undefined)[]): types is readonly TensorType[] =>
    types.every((type) => type !== undefined);
  return areKnown(operands) && areKnown(results)
    ? costOf(definition, operands, results, op.attributes)
    : undefined;
}

/**
 * A type with the sizes for one image; undefined where one is open besides the batch, or nothing is known. A first size that is
 * open is a batch, whatever it is called, unless it is that of steps.
 */
function forOneImage(type: TensorType, batches: Batches, isConstant: boolean): TensorType | undefined {
  const { dims, dtype } = type;
  if (isUnknownType(type)) return undefined;
  const [batch] = batches.sizes;
  const batchAxis = dims[0] !== batch && batches.sequences.has(leading(dims)) ? 1 : 0;
  const sized = dims.map((dim, axis) => {
    if (axis === batchAxis && !isConstant && batch === dim) return 1;
    const known = sizeForOneImage(dim, batches);
    return axis === batchAxis && typeof known === "string" ? 1 : known;
  });
  return sized.every((dim) => typeof dim === "number") ? tensorType(sized, dtype) : undefined;
}

function sizeForOneImage(dim: Dim, { sizes, found }: Batches): Dim {
  const symbols = sizes.filter((batch) => typeof batch === "string");
  return symbols.reduce<Dim>((size, symbol) => withSize(size, symbol, 1), largestSize(dim, found));
}
