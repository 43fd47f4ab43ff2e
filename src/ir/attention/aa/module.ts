import * as z from "zod";
import type { Initializer } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, rest } from "../../operands.js";
import { moves } from "../../ops/moves.js";
import { elementAt, innerProduct, type Numbers, nchw, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap, refuse, type TensorType } from "../../types.js";
import { normalWeight } from "../../weight.js";
import { convolved, linear, softmaxOf } from "../arithmetic.js";
import { defineAttention, layerParameters } from "../module.js";

/** Operands that every such op has: x, and weight and bias of two layers. */
const LAYER_OPERANDS = 5;

/**
 * Attention-augmented convolution (Bello et al., ICCV 2019, section 3), for x of [N, C, H, W] with h heads, positions
 * p = (y, x) and q = (v, u):
 *
 *     Q, K, V = parts of qkv · x + b₀                      dk, dk and dv channels, each cut into h heads    section 3.1
 *     l[p,q] = (Q[p] · K[q] + Q[p] · rows[v - y] + Q[p] · columns[u - x]) / √(dk/h)           section 3.2.1, eq. 3
 *     A = out · (heads of Σ_q softmax over q of l[p,q] · V[q]) + b₁                                        eq. 1 and 2
 *     result = [conv_k(x) + b₂; A]                         C - dv and dv channels                           section 3.2
 *
 * The position embeddings rows [2H-1, dk/h] and columns [2W-1, dk/h] are shared by the heads; without `relative` there
 * are none. With dv = C there is no convolution (the paper's fully attentional networks, section 4.5).
 *
 * In the paper it replaces a block's 3×3 convolution: the position `convolution`. At other positions it is an
 * additional layer.
 */
const op = modelOp({
  doc: "a convolution of x beside multi-head self-attention over its places, as one map of C channels",
  source: "Attention Augmented Convolutional Networks (ICCV 2019), section 3",
  operands: {
    x: floats,
    qkv: floats,
    qkvBias: floats,
    out: floats,
    outBias: floats,
    parameters: rest(floats),
  },
  attributes: () =>
    z.strictObject({
      heads: z.int().min(1).default(8),
      relative: z.boolean().default(true),
    }),
  infer({ x, qkv, qkvBias, out, outBias, parameters }, { heads, relative }) {
    const [, channels, height, width] = featureMap(x, "x");
    const { keys, values } = augmentedWidths(qkv, out);
    if (keys < heads || keys % heads !== 0 || values % heads !== 0) {
      refuse(`${keys} channels of keys and ${values} of values can't be cut into ${heads} heads`);
    }
    if (values > channels) refuse(`${values} channels of values are more than the ${channels} of x`);
    expectDims(qkv, [2 * keys + values, channels, 1, 1], "qkv");
    expectDims(qkvBias, [2 * keys + values], "qkv_bias");
    expectDims(out, [values, values, 1, 1], "out");
    expectDims(outBias, [values], "out_bias");
    const { rows, columns, weight, bias, count } = augmentedParts(parameters, relative, values < channels);
    if (parameters.length !== count) {
      const [wanted, got] = [LAYER_OPERANDS + count, LAYER_OPERANDS + parameters.length];
      refuse(`it takes ${wanted} operands here, got ${got}`);
    }
    if (relative) {
      expectDims(rows, [2 * height - 1, keys / heads], "rows");
      expectDims(columns, [2 * width - 1, keys / heads], "columns");
    }
    if (values < channels) {
      const [, , kernel] = featureMap(weight, "conv");
      if (kernel % 2 === 0) refuse(`a kernel of ${kernel} has no middle`);
      expectDims(weight, [channels - values, channels, kernel, kernel], "conv");
      expectDims(bias, [channels - values], "conv_bias");
    }
    return x;
  },
  cost({ x, qkv, out, parameters }, _result, { relative }) {
    const [, channels, height, width] = featureMap(x, "x");
    const { keys, values } = augmentedWidths(qkv, out);
    const { weight } = augmentedParts(parameters, relative, values < channels);
    const taps = Number(weight?.dims[2] ?? 0) ** 2;
    const perPosition =
      (2 * keys + values) * channels + values * values + (channels - values) * channels * taps;
    // The papers leave out the products with the embeddings of positions.
    const positions = height * width;
    return { macs: perPosition * positions, products: (keys + values) * positions ** 2 };
  },
  evaluate({ x, qkv, qkvBias, out, outBias, parameters }, { heads, relative }) {
    const [, channels] = nchw(x);
    const values = elementAt(out.dims, 0);
    const { rows, columns, weight, bias } = augmentedParts(parameters, relative, values < channels);
    const attended = attention(linear(x, qkv, qkvBias), heads, values, rows, columns);
    const result = linear(attended, out, outBias);
    if (weight === undefined) return result;
    const pad = (elementAt(weight.dims, 2) - 1) / 2;
    const beside = convolved(x, weight, bias, { pads: [pad, pad, pad, pad] });
    return moves.concat.evaluate({ x: beside, more: [result] }, { axis: 1 });
  },
});

/** Channels of all heads' keys, dk, and values, dv. */
function augmentedWidths(
  qkv: TensorType,
  out: TensorType,
): { readonly keys: number; readonly values: number } {
  const values = Number(featureMap(out, "out")[0]);
  return { values, keys: (Number(featureMap(qkv, "qkv")[0]) - values) / 2 };
}

/** The operands that not every such op has: embeddings of positions, and the convolution. */
export function augmentedParts<T>(
  parameters: readonly T[],
  relative: boolean,
  convolves: boolean,
): {
  readonly rows: T | undefined;
  readonly columns: T | undefined;
  readonly weight: T | undefined;
  readonly bias: T | undefined;
  readonly count: number;
} {
  const after = relative ? 2 : 0;
  const [rows, columns] = relative ? parameters : [];
  const [weight, bias] = convolves ? parameters.slice(after) : [];
  return { rows, columns, weight, bias, count: after + (convolves ? 2 : 0) };
}

/** Self-attention over the positions of a map of queries, keys and values, head by head: [N, dv, H, W]. */
function attention(
  qkv: Tensor,
  heads: number,
  values: number,
  rows: Tensor | undefined,
  columns: Tensor | undefined,
): Tensor {
  const [batch, all, height, width] = nchw(qkv);
  const positions = height * width;
  const keys = (all - values) / 2;
  const [perHead, valuesPerHead] = [keys / heads, values / heads];
  const result = zeros([batch, values, height, width], qkv);
  for (let n = 0; n < batch; n++) {
    const channel = (c: number): Numbers => {
      const start = (n * all + c) * positions;
      return qkv.data.subarray(start, start + positions);
    };
    for (let head = 0; head < heads; head++) {
      const parts = Array.from({ length: perHead }, (_, d) => ({
        query: channel(head * perHead + d),
        key: channel(keys + head * perHead + d),
      }));
      // A key with what its place adds is not rounded by itself.
      const shifted = new Float64Array(perHead);
      const queries = zeros([perHead], qkv).data;
      for (let p = 0; p < positions; p++) {
        parts.forEach(({ query }, d) => {
          queries[d] = elementAt(query, p);
        });
        const logits = zeros([positions], qkv).data.map((_, q) => {
          const down = Math.floor(q / width) - Math.floor(p / width) + height - 1;
          const right = (q % width) - (p % width) + width - 1;
          parts.forEach(({ key }, d) => {
            const rowPart = rows === undefined ? 0 : elementAt(rows.data, down * perHead + d);
            const columnPart = columns === undefined ? 0 : elementAt(columns.data, right * perHead + d);
            shifted[d] = elementAt(key, q) + rowPart + columnPart;
          });
          return innerProduct(queries, shifted) / Math.sqrt(perHead);
        });
        const weights = softmaxOf(logits);
        for (let c = head * valuesPerHead; c < (head + 1) * valuesPerHead; c++) {
          const value = channel(2 * keys + c);
          result.data[(n * values + c) * positions + p] = innerProduct(weights, value);
        }
      }
    }
  }
  return result;
}

const part = z.number().positive().max(1);

export const aa = defineAttention({
  type: "aa",
  title: "Attention-augmented Convolution",
  options: () =>
    z.strictObject({
      heads: z.int().min(1).max(64).default(8).describe("Heads of the attention."),
      keys: part
        .default(0.2)
        .describe("κ: channels of the keys, dk, as a fraction of x's channels; a multiple of the heads."),
      values: part
        .default(0.1)
        .describe(
          "υ: channels of the result that attention computes, dv, as a fraction of x's channels; a multiple of the heads, and at least one per head. With 1 there is no convolution.",
        ),
      keysPerHead: z
        .int()
        .min(1)
        .max(1024)
        .default(20)
        .describe("Minimum number of key channels per head: 20 in the paper."),
      relative: z
        .boolean()
        .default(true)
        .describe("Whether there are embeddings of relative positions, for the map size of the network."),
      kernel: z
        .int()
        .min(1)
        .max(63)
        .refine((k) => k % 2 === 1, { error: "a kernel must be odd, so that it has a middle" })
        .default(3)
        .describe("Kernel size of the convolution, odd."),
    }),
  op,
  plan({ heads, keys, values, keysPerHead, relative, kernel }, site) {
    const { channels, map } = site;
    const [height, width] = map ?? [1, 1];
    const perHead = Math.max(keysPerHead, Math.round((keys * channels) / heads));
    const dk = heads * perHead;
    const dv = heads * Math.max(1, Math.round((values * channels) / heads));
    if (dv > channels) refuse(`${heads} heads are too many for ${channels} channels`);
    const layer = (name: string, dims: readonly number[]) => layerParameters(name, dims, site);
    const embedding = (name: string, offsets: number) => ({
      name,
      dims: [offsets, perHead],
      init: embedded(perHead),
    });
    return {
      attributes: { heads, relative },
      parameters: [
        ...layer("qkv", [2 * dk + dv, channels, 1, 1]),
        ...layer("out", [dv, dv, 1, 1]),
        ...(relative ? [embedding("rows", 2 * height - 1), embedding("columns", 2 * width - 1)] : []),
        ...(dv < channels ? layer("conv", [channels - dv, channels, kernel, kernel]) : []),
      ],
    };
  },
  identity: () => ({ reason: "it is a convolution beside self-attention, and no gate of x" }),
  describe({ heads, relative }, { x, qkv, out }) {
    const { keys, values } = augmentedWidths(qkv, out);
    const convolved = Number(x.dims[1]) - values;
    return `${heads} heads, keys ${keys}, values ${values} beside ${convolved}${relative ? "" : ", no positions"}`;
  },
});

/** N(0, 1 / (dk/h)), as in the paper's appendix. */
function embedded(perHead: number): Initializer {
  return (dims, stream) => normalWeight(dims, perHead ** -0.5, stream);
}
