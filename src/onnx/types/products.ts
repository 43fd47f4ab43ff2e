import { floorQuotient, times } from "../../ir/sizes.js";
import { broadcast, type Inferred, type OpenDim } from "./inferred.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import type { RuleNode } from "./rule-node.js";

/** [..., M, K] · [..., K, N]; a vector is a row on the left and a column on the right, and its axis goes. */
export function matmulDims(
  a: readonly OpenDim[] | undefined,
  b: readonly OpenDim[] | undefined,
): readonly OpenDim[] | undefined {
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined;
  const batch = broadcast(a.slice(0, -2), b.slice(0, -2)) ?? [];
  return [...batch, ...(a.length > 1 ? [a.at(-2)] : []), ...(b.length > 1 ? [b.at(-1)] : [])];
}

export function matmul(second: number, result: (node: RuleNode) => Inferred["dtype"]): TypeRule {
  return (node) => [{ dtype: result(node), dims: matmulDims(node.dims(0), node.dims(second)) }];
}

/** The last two axes change positions where the attribute says so. */
function turned(node: RuleNode, input: number, attribute: string): readonly OpenDim[] | undefined {
  const dims = node.dims(input);
  return dims && node.int(attribute, 0) !== 0 && dims.length > 1
    ? [...dims.slice(0, -2), dims.at(-1), dims.at(-2)]
    : dims;
}

export const fusedMatMul: TypeRule = (node) => [
  { dtype: node.dtype(0), dims: matmulDims(turned(node, 0, "transA"), turned(node, 1, "transB")) },
];

export function gemm(second: number, result: (node: RuleNode) => Inferred["dtype"]): TypeRule {
  return (node) => {
    const [rows, columns] = [turned(node, 0, "transA")?.[0], turned(node, second, "transB")?.[1]];
    return [{ dtype: result(node), dims: [rows, columns] }];
  };
}

/** The axes of an Einsum's operands and of its result, each a letter; undefined for one whose ellipsis can't be told. */
export interface EinsumAxes {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/**
 * Reads an equation: `bij,bjk->bik`. Axes of an ellipsis are called `…0`, `…1` from the last one on. Without an arrow the result
 * has the letters that occur once, in order.
 *
 * @param ranks the ranks of the operands
 */
export function einsumAxes(equation: string, ranks: readonly number[]): EinsumAxes {
  const [left = "", right] = equation.replaceAll(/\s/g, "").split("->");
  const terms = left.split(",");
  const covered = Math.max(0, ...terms.map((term, i) => (ranks[i] ?? 0) - term.replace("...", "").length));
  const spread = (term: string, count: number): readonly string[] =>
    (term.match(/\.\.\.|./g) ?? []).flatMap((each) =>
      each === "..." ? Array.from({ length: count }, (_, i) => `…${count - 1 - i}`) : [each],
    );
  const operands = terms.map((term, i) => spread(term, (ranks[i] ?? 0) - term.replace("...", "").length));
  if (right !== undefined) return { operands, result: spread(right, covered) };
  const letters = left.replaceAll(/[,.]/g, "");
  const once = [...new Set(letters)]
    .filter((each) => letters.indexOf(each) === letters.lastIndexOf(each))
    .sort();
  return { operands, result: [...(left.includes("...") ? spread("...", covered) : []), ...once] };
}

const einsum: TypeRule = (node) => {
  const shapes = Array.from({ length: node.inputCount }, (_, i) => node.dims(i));
  if (!shapes.every((dims) => dims !== undefined)) return [undefined];
  const axes = einsumAxes(
    node.string("equation", ""),
    shapes.map(({ length }) => length),
  );
  const sizeOf = (letter: string): OpenDim =>
    broadcast(
      ...axes.operands.flatMap((letters, i) =>
        letters.flatMap((each, axis) => (each === letter ? [[shapes[i]?.[axis]]] : [])),
      ),
    )?.[0];
  return [{ dtype: node.commonDType(), dims: axes.result.map(sizeOf) }];
};

/** [S, B, D, H] of all steps, and of the last one the states; layout 1 has the batch first. */
function recurrent(states: number): TypeRule {
  return (node) => {
    const [x, batchFirst] = [node.dims(0), node.int("layout", 0) !== 0];
    const hidden = node.optionalInt("hidden_size") ?? node.dim(2, -1);
    const directions = node.string("direction", "forward") === "bidirectional" ? 2 : 1;
    const [steps, batch] = batchFirst ? [x?.[1], x?.[0]] : [x?.[0], x?.[1]];
    const dtype = node.dtype(0);
    const all = batchFirst ? [batch, steps, directions, hidden] : [steps, directions, batch, hidden];
    const last = batchFirst ? [batch, directions, hidden] : [directions, batch, hidden];
    return [{ dtype, dims: all }, ...new Array<Inferred>(states).fill({ dtype, dims: last })];
  };
}

/** Queries, keys and values of [B, H, L, D], or [B, L, H·D] with the numbers of heads as attributes. */
const attention: TypeRule = (node) => {
  const [q, k, v] = [node.dims(0), node.dims(1), node.dims(2)];
  if (q === undefined || k === undefined || v === undefined) return [undefined];
  const [heads, keyHeads] = [node.optionalInt("q_num_heads"), node.optionalInt("kv_num_heads")];
  const dtype = node.dtype(0);
  const isPacked = q.length === 3;
  const split = (dim: OpenDim, count: number | undefined): OpenDim =>
    typeof dim === "number" && count !== undefined ? floorQuotient(dim, count) : undefined;
  const valueSize = isPacked ? split(v[2], keyHeads) : v[3];
  const keySize = isPacked ? split(k[2], keyHeads) : k[3];
  const own = isPacked ? keyHeads : k[1];
  const length = node.has(4) ? undefined : isPacked ? k[1] : k[2];
  const y = isPacked
    ? [q[0], q[1], valueSize === undefined || heads === undefined ? undefined : times(valueSize, heads)]
    : [q[0], q[1], q[2], valueSize];
  return [
    { dtype, dims: y },
    { dtype, dims: [q[0], own, length, keySize] },
    { dtype: node.dtype(2), dims: [q[0], own, length, valueSize] },
    { dtype, dims: [q[0], isPacked ? heads : q[1], isPacked ? q[1] : q[2], length] },
  ];
};

/**
 * Products, and the layers that are made of them.
 *
 * Source: https://onnx.ai/onnx/operators/
 */
export const PRODUCTS: TypeRules = {
  MatMul: matmul(1, (node) => node.commonDType()),
  MatMulInteger: matmul(1, () => "int32"),
  QLinearMatMul: matmul(3, (node) => node.dtype(7)),
  Gemm: gemm(1, (node) => node.dtype(0)),
  Einsum: einsum,
  ...rulesFor("GRU RNN", recurrent(1)),
  LSTM: recurrent(2),
  Attention: attention,
};
