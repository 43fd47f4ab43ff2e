import type { Value } from "../../ir/graph.js";
import { elementCount, gatedChannels, placesOf } from "../../ir/types.js";
import { numberOf } from "./joins.js";
import { type Builder, named } from "./layer-builders.js";
import type { LayerBuilder } from "./layers.js";

/**
 * Attention between pixels. Of each head, with Q [d, P], K [d, R] and V [e, R] of P and R pixels:
 *
 *     softmax   V · softmax(Kᵀ · Q / √d)                    over the R keys (Vaswani et al., NeurIPS 2017, eq. 1)
 *     linear    V · relu(K)ᵀ · relu(Q) / (Σ shares + ε)     EfficientViT (ICCV 2023), eq. 2: V · relu(K)ᵀ is small
 */
export const buildAttend: Builder<"attend"> = (layers, x, layer, { values }) => {
  const { name, heads, epsilon } = layer;
  const matrices = {
    queries: inHeads(layers, x, heads, `${name}/queries`),
    keys: inHeads(layers, named(values, layer.keys), heads, `${name}/keys`),
    values: inHeads(layers, named(values, layer.values), heads, `${name}/values`),
  };
  const attended =
    epsilon === undefined ? softmaxed(layers, matrices, name) : linear(layers, matrices, epsilon, name);
  return layers.op("reshape", [attended], { shape: [0, layer.channels, ...placesOf(x.type, "x")] }, name);
};

/** The matrices of an attention [N, heads, channels, pixels]. */
interface Matrices {
  readonly queries: Value;
  readonly keys: Value;
  readonly values: Value;
}

/** [N, heads · d, H, W] → [N, heads, d, H · W] */
function inHeads(layers: LayerBuilder, x: Value, heads: number, layer: string): Value {
  const [, channels] = gatedChannels(x.type, "x");
  const shape = [0, heads, channels / heads, elementCount(placesOf(x.type, "x"))];
  return layers.op("reshape", [x], { shape }, layer);
}

function turned(layers: LayerBuilder, matrix: Value, layer: string): Value {
  return layers.op("transpose", [matrix], { permutation: [0, 1, 3, 2] }, layer);
}

function softmaxed(layers: LayerBuilder, { queries, keys, values }: Matrices, name: string): Value {
  const root = Math.sqrt(Number(queries.type.dims[2]));
  const scaled = layers.op(
    "mul",
    [queries, numberOf(layers, `${name}/scale`, 1 / root)],
    {},
    `${name}/scaled`,
  );
  const products = [turned(layers, keys, `${name}/turned`), scaled];
  const scores = layers.op("matmul", products, {}, `${name}/scores`);
  const shares = layers.op("softmax", [scores], { axis: 2 }, `${name}/shares`);
  return layers.op("matmul", [values, shares], {}, `${name}/sum`);
}

function linear(layers: LayerBuilder, matrices: Matrices, epsilon: number, name: string): Value {
  const queries = layers.op("relu", [matrices.queries], {}, `${name}/queries/act`);
  const keys = turned(layers, layers.op("relu", [matrices.keys], {}, `${name}/keys/act`), `${name}/turned`);
  const context = layers.op("matmul", [matrices.values, keys], {}, `${name}/context`);
  const sum = layers.op("matmul", [context, queries], {}, `${name}/sum`);
  const allKeys = layers.op("reduce_sum", [keys], { axes: [2] }, `${name}/all`);
  const shares = layers.op("matmul", [allKeys, queries], {}, `${name}/shares`);
  const divisor = layers.op(
    "add",
    [shares, numberOf(layers, `${name}/epsilon`, epsilon)],
    {},
    `${name}/divisor`,
  );
  return layers.op("div", [sum, divisor], {}, `${name}/mean`);
}
