import type { OpOf } from "../ir/graph.js";
import { matmulMacs } from "../ir/ops/matmul.js";
import { type Dim, elementCount, TypeRefusal } from "../ir/types.js";

type Dims = readonly number[];

/** Multiply-accumulates of an operator, from the sizes of its operands and results. */
type ForeignCost = (operands: readonly Dims[], results: readonly Dims[]) => number;

/** Each output element reads the weights of its channel, [M, C / group, ...kernel]. */
const convolution: ForeignCost = ([, weight = []], [y = []]) =>
  elementCount(y) * elementCount(weight.slice(1));

/** In place of sizes that aren't known: a matrix, so that what is counted of it is NaN too. */
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
