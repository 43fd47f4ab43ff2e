import { floorQuotient, plus, times } from "../../ir/sizes.js";
import type { Dim } from "../../ir/types.js";
import { sameAsInput } from "./elementwise.js";
import { GENERATED } from "./generated.js";
import { axisIn, broadcast, type OpenDim } from "./inferred.js";
import { fusedMatMul, gemm, matmul } from "./products.js";
import { REDUCTIONS } from "./reductions.js";
import { rulesFor, type TypeRule, type TypeRules } from "./rule.js";
import { convolution, WINDOWS } from "./windows.js";

/** x and what is added to it, [B, L, C]; the fourth result is their sum. */
const skipNorm: TypeRule = (node) => {
  const y = { dtype: node.dtype(0), dims: node.dims(0) };
  return [y, undefined, undefined, y];
};

/** Word ids [B, L] become vectors of the width of the table; and a length for each row. */
const embedNorm: TypeRule = (node) => {
  const [ids, dtype] = [node.dims(0), node.dtype(2)];
  const y = ids && { dtype, dims: [...ids, node.dim(2, -1)] };
  return [y, { dtype: "int32", dims: [ids?.[0]] }, y];
};

/** x [B, L, C] by a weight for queries, keys and values at once; a third of its columns, unless they say how many. */
const packedAttention: TypeRule = (node) => {
  const [x, columns, sizes] = [node.dims(0), node.dim(1, -1), node.ints("qkv_hidden_sizes")];
  const width = sizes?.[2] ?? (typeof columns === "number" ? floorQuotient(columns, 3) : undefined);
  return [{ dtype: node.dtype(0), dims: [x?.[0], x?.[1], width] }];
};

/** [B, L, H·D] of queries, keys and values that come apart. */
const multiHead: TypeRule = (node) => {
  const [q, v] = [node.dims(0), node.dims(2)];
  const width: OpenDim = v?.length === 4 ? times(v[1] as Dim, v[3] as Dim) : v?.[2];
  return [{ dtype: node.dtype(0), dims: q?.length === 3 ? [q[0], q[1], width] : undefined }];
};

/** [..., K] by packed numbers of N columns. */
const packedMatMul: TypeRule = (node) => {
  const dims = node.dims(0);
  return [{ dtype: node.dtype(0), dims: dims && [...dims.slice(0, -1), node.optionalInt("N")] }];
};

/** A binary operator whose operands have a scale and a zero point each. */
const quantisedBinary: TypeRule = (node) => [
  { dtype: node.dtype(0), dims: broadcast(node.dims(0), node.dims(3)) },
];

/** The result's scale and zero point, then each part with its own. */
const quantisedConcat: TypeRule = (node) => {
  const parts = Array.from({ length: Math.floor((node.inputCount - 2) / 3) }, (_, i) => node.dims(2 + 3 * i));
  const [first] = parts;
  if (first === undefined) return [{ dtype: node.dtype(2) }];
  const at = axisIn(node.int("axis", 0), first.length);
  const sizes = parts.map((dims) => dims?.[at]);
  const joined = sizes.every((size) => size !== undefined) ? sizes.reduce<Dim>(plus, 0) : undefined;
  return [{ dtype: node.dtype(2), dims: (first as readonly OpenDim[]).with(at, joined) }];
};

/** Channels last: [N, ...sizes, C]. */
const nhwc: (rule: TypeRule) => TypeRule = (rule) => (node) => {
  const dims = node.dims(0);
  const [y] = rule(node.withDims(0, dims && [dims[0] as Dim, dims.at(-1) as Dim, ...dims.slice(1, -1)]));
  const sizes = y?.dims;
  return [y && { ...y, dims: sizes && [sizes[0], ...sizes.slice(2), sizes[1]] }];
};

/** An operator on whole steps, whose channels come last where `channels_last` is 1. */
const inSteps =
  (rule: TypeRule | undefined): TypeRule =>
  (node) =>
    (node.int("channels_last", 0) === 0 ? rule : rule && nhwc(rule))?.(node).slice(0, 1) ?? [];

/**
 * Operators of ONNX Runtime's own, as its optimizer and its quantization write them.
 *
 * Source: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
export const RUNTIME: TypeRules = {
  ...rulesFor(
    `BiasAdd BiasDropout BiasGelu BiasSoftmax FastGelu Gelu GroupNorm Inverse QLinearLeakyRelu QLinearSigmoid QLinearSoftmax
    QuickGelu RotaryEmbedding Trilu`,
    sameAsInput,
  ),
  ...rulesFor("SkipLayerNormalization SkipSimplifiedLayerNormalization", skipNorm),
  ...rulesFor(
    "LayerNormalization SimplifiedLayerNormalization",
    REDUCTIONS.LayerNormalization ?? sameAsInput,
  ),
  EmbedLayerNormalization: embedNorm,
  Attention: packedAttention,
  ...rulesFor("MultiHeadAttention", multiHead),
  ...rulesFor("MatMulNBits MatMulBnb4 MatMulFpQ4", packedMatMul),
  FusedConv: convolution({ weight: 1 }),
  ...rulesFor("NhwcConv NhwcFusedConv", nhwc(convolution({ weight: 1 }))),
  NhwcMaxPool: nhwc(WINDOWS.MaxPool ?? sameAsInput),
  ...rulesFor("FusedMatMul TransposeMatMul", fusedMatMul),
  FusedGemm: gemm(1, (node) => node.dtype(0)),
  QGemm: gemm(3, (node) => (node.has(8) ? node.dtype(8) : "float32")),
  DynamicQuantizeMatMul: matmul(1, (node) => node.dtype(0)),
  MatMulIntegerToFloat: matmul(1, (node) => node.dtype(2)),
  QLinearConv: inSteps(convolution({ weight: 3, like: 7 })),
  ...rulesFor("QLinearAdd QLinearMul", quantisedBinary),
  QLinearConcat: quantisedConcat,
  QLinearAveragePool: inSteps(WINDOWS.AveragePool),
  QLinearGlobalAveragePool: inSteps(WINDOWS.GlobalAveragePool),
  ...rulesFor("QuantizeLinear", GENERATED.QuantizeLinear ?? sameAsInput),
  ...rulesFor("DequantizeLinear", GENERATED.DequantizeLinear ?? sameAsInput),
};
