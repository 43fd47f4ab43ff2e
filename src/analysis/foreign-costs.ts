import type { OpOf } from "../ir/graph.js";
import { isOnnxDomain } from "../ir/onnx-domain.js";
import { matmulMacs } from "../ir/ops/linear.js";
import { elementCount, unlessRefused } from "../ir/types.js";

type Dims = readonly number[];

/** A node that no op of the IR says: its operands and results for one image. */
export interface CountedNode {
  readonly operator: string;
  readonly domain: string;
  /** Its attributes as text, by name. */
  readonly written: readonly (readonly [name: string, text: string])[];
  readonly operands: readonly Dims[];
  readonly results: readonly Dims[];
}

/** Multiply-accumulates of a node: of its operands, or with parameters and of computed tensors apart. */
export type ForeignMacs = number | { readonly macs: number; readonly products: number };

type ForeignCost = (node: CountedNode) => ForeignMacs | undefined;

/** In place of sizes that aren't known: a matrix, so that what is counted of it is NaN too. */
export const UNKNOWN_SIZES: Dims = [Number.NaN, Number.NaN];

/** Each output element reads the weights of its channel, [M, C / group, ...kernel]. */
function convolution(weight: number): ForeignCost {
  return ({ operands, results: [y = UNKNOWN_SIZES] }) => {
    const kernels = operands[weight];
    return kernels?.length === y.length ? elementCount(y) * elementCount(kernels.slice(1)) : undefined;
  };
}

function matmul(second: number): ForeignCost {
  return ({ operands }) => matmulMacs(operands[0] ?? UNKNOWN_SIZES, operands[second] ?? UNKNOWN_SIZES);
}

/** Either operand may be transposed: all of a's rows and columns, for each column of the result. */
const turnedMatmul: ForeignCost = ({ operands: [a = UNKNOWN_SIZES], results: [y = UNKNOWN_SIZES] }) => {
  const [rows, columns] = [y.at(-2) ?? 1, y.at(-1) ?? 1];
  return (elementCount(y) / (rows * columns)) * elementCount(a.slice(-2)) * columns;
};

/** Every weight of the inputs and of the states, once for each step and row of the batch. */
const recurrent: ForeignCost = ({ operands: [x, weight, states] }) =>
  x?.length === 3 && weight?.length === 3 && states?.length === 3
    ? elementCount(x.slice(0, 2)) * (elementCount(weight) + elementCount(states))
    : undefined;

/** Every letter is a loop; with one operand nothing is multiplied, with more than two the order decides. */
const einsum: ForeignCost = ({ operands, written }) => {
  if (operands.length === 1) return 0;
  const text = written.find(([name]) => name === "equation")?.[1];
  if (operands.length !== 2 || text === undefined) return undefined;
  const [left = ""] = (JSON.parse(text) as string).replaceAll(/\s/g, "").split("->");
  const sizes = new Map<string, number>();
  left.split(",").forEach((term, i) => {
    const dims = operands[i] ?? [];
    const covered = dims.length - term.replace("...", "").length;
    const letters = (term.match(/\.\.\.|./g) ?? []).flatMap((each) =>
      // Axes of an ellipsis are broadcast from the last one on.
      each === "..." ? Array.from({ length: covered }, (_, at) => `…${covered - at}`) : [each],
    );
    letters.forEach((letter, axis) => {
      sizes.set(letter, Math.max(sizes.get(letter) ?? 1, dims[axis] ?? Number.NaN));
    });
  });
  return elementCount([...sizes.values()]);
};

/** Queries by keys, and the weights by values, [B, H, L, D] or [B, L, H·D]: products of computed tensors. */
const attention: ForeignCost = ({ operands: [q, k, v], results: [y, present] }) => {
  if (q === undefined || k === undefined || v === undefined || y?.length !== q.length) return undefined;
  const length = (present ?? k).at(-2) ?? Number.NaN;
  return { macs: 0, products: length * (elementCount(q) + elementCount(y)) };
};

/** x [B, L, C] by the weights of queries, keys and values; then attention among the rows. */
const packedAttention: ForeignCost = ({ operands: [x = [], weight = []], results: [y = [], present] }) => {
  if (x.length !== 3 || weight.length !== 2) return undefined;
  const [length, columns] = [x[1] ?? Number.NaN, weight[1] ?? Number.NaN];
  const width = y[2] ?? Number.NaN;
  if (present !== undefined) return undefined;
  // Queries are as wide as keys; what values leave of the columns is theirs.
  const keys = (columns - width) / 2;
  return { macs: elementCount(x) * columns, products: (x[0] ?? 1) * length * length * (keys + width) };
};

/** Queries, keys and values that come apart. */
const multiHead: ForeignCost = (node) =>
  node.operands[1]?.length === 3 && node.operands[2]?.length === 3 ? attention(node) : undefined;

/** As many numbers of each row as x has columns. */
const packedMatmul: ForeignCost = ({ operands: [x = UNKNOWN_SIZES], results: [y = UNKNOWN_SIZES] }) =>
  elementCount(y) * (x.at(-1) ?? Number.NaN);

/**
 * Operators that no op of the IR is and whose multiply-accumulates follow from sizes, by domain and name.
 *
 * Source: https://onnx.ai/onnx/operators/ and
 * https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
const COSTS: Readonly<Record<string, ForeignCost>> = {
  // Each input element is spread by the weights of its channel, [C, M / group, ...kernel].
  ConvTranspose: ({ operands: [x = UNKNOWN_SIZES, weight = UNKNOWN_SIZES] }) =>
    elementCount(x) * elementCount(weight.slice(1)),
  Conv: convolution(1),
  ConvInteger: convolution(1),
  DeformConv: convolution(1),
  QLinearConv: convolution(3),
  MatMul: matmul(1),
  MatMulInteger: matmul(1),
  QLinearMatMul: matmul(3),
  Gemm: turnedMatmul,
  Einsum: einsum,
  GRU: recurrent,
  LSTM: recurrent,
  RNN: recurrent,
  Attention: attention,
  "com.microsoft.FusedConv": convolution(1),
  "com.microsoft.NhwcConv": convolution(1),
  "com.microsoft.NhwcFusedConv": convolution(1),
  "com.microsoft.QLinearConv": convolution(3),
  "com.microsoft.FusedMatMul": turnedMatmul,
  "com.microsoft.TransposeMatMul": turnedMatmul,
  "com.microsoft.FusedGemm": turnedMatmul,
  "com.microsoft.QGemm": turnedMatmul,
  "com.microsoft.DynamicQuantizeMatMul": matmul(1),
  "com.microsoft.MatMulIntegerToFloat": matmul(1),
  "com.microsoft.MatMulNBits": packedMatmul,
  "com.microsoft.DynamicQuantizeLSTM": recurrent,
  "com.microsoft.Attention": packedAttention,
  "com.microsoft.MultiHeadAttention": multiHead,
};

/** The operands that a node multiplies, where they aren't its first two: between them stand scales and zero points, or there are more. */
const FACTORS: Readonly<Record<string, readonly number[]>> = {
  GRU: [0, 1, 2],
  LSTM: [0, 1, 2],
  RNN: [0, 1, 2],
  QLinearConv: [0, 3],
  QLinearMatMul: [0, 3],
  "com.microsoft.DynamicQuantizeLSTM": [0, 1, 2],
  "com.microsoft.QGemm": [0, 3],
  "com.microsoft.QLinearConv": [0, 3],
};

/** Those of a node's operands that it multiplies with one another, and not what it adds, scales by or starts with. */
export function factorsOf<T>(operator: string, domain: string, operands: readonly T[]): readonly T[] {
  const indexes = FACTORS[operatorName(operator, domain)];
  return indexes === undefined ? operands.slice(0, 2) : operands.filter((_, i) => indexes.includes(i));
}

/** Whether a node reads a sequence as [steps, batch, ...]: a recurrent layer, unless its `layout` is that of the batch first. */
export function hasStepsFirst({
  operator,
  domain,
  written,
}: Pick<CountedNode, "operator" | "domain" | "written">): boolean {
  const layout = written.find(([name]) => name === "layout")?.[1] ?? "0";
  return COSTS[operatorName(operator, domain)] === recurrent && layout === "0";
}

/** The name of an opaque op's operator, with its domain where that is not ONNX's own. */
export function operatorOf({ attributes: { operator, domain } }: OpOf<"opaque">): string {
  return operatorName(operator, domain);
}

export function operatorName(operator: string, domain: string): string {
  return isOnnxDomain(domain) ? operator : `${domain}.${operator}`;
}

/**
 * Multiply-accumulates of a node that no op of the IR can say; undefined where its sizes aren't known or nobody knows what
 * it does.
 */
export function foreignMacs(node: CountedNode): ForeignMacs | undefined {
  const cost = COSTS[operatorName(node.operator, node.domain)];
  if (cost === undefined) return undefined;
  // Sizes that don't fit one another.
  return unlessRefused(() => {
    const macs = cost(node);
    if (macs === undefined) return undefined;
    const all = typeof macs === "number" ? [macs] : [macs.macs, macs.products];
    return all.every(Number.isFinite) ? macs : undefined;
  });
}
