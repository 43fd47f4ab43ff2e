import * as z from "zod";
import { defineOp } from "../../op.js";
import { matmul } from "../../ops/matmul.js";
import { softmax } from "../../ops/softmax.js";
import { transpose } from "../../ops/transpose.js";
import { nchw, operandAt, type Tensor } from "../../tensor.js";
import { elementCount, expectDims, featureMap } from "../../types.js";
import { linear, sum } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import { reductionOptions, squeezedChannels } from "../reduction.js";

const LAYERS = ["features", "gather", "distribute"] as const;

/**
 * Double attention (Chen et al., A²-Nets, NeurIPS 2018, section 3), for x of [N, C, H, W] as matrices over places:
 *
 *     A = features · x                          [M, H·W]
 *     B = softmax of gather · x                 [K, H·W], each row over the places       eq. 3 and 4
 *     G = A · Bᵀ                                [M, K], the gathered features
 *     V = softmax of distribute · x             [K, H·W], each place over the K          eq. 5
 *     result = x + out · (G · V)                                                         eq. 6 and section 3.3
 *
 * Each layer has a bias, and K = M.
 */
const op = defineOp({
  name: "attention.a2",
  level: "model",
  doc: "x + W · (A · softmax(B)ᵀ · softmax(V)): gather features of all places, then distribute them",
  source: "A²-Nets (NeurIPS 2018), section 3, eq. 2 to 6",
  operands: ["x", ...LAYERS.flatMap((name) => [name, `${name}_bias`]), "out", "out_bias"],
  attributes: z.strictObject({}),
  infer(operands) {
    const [, channels] = featureMap(operands[0], "x");
    const [squeezed] = featureMap(operands[1], "features");
    LAYERS.forEach((name, i) => {
      expectDims(operands[1 + 2 * i], [squeezed, channels, 1, 1], name);
      expectDims(operands[2 + 2 * i], [squeezed], `${name}_bias`);
    });
    expectDims(operands[7], [channels, squeezed, 1, 1], "out");
    expectDims(operands[8], [channels], "out_bias");
    return [operandAt(operands, 0)];
  },
  cost([x, features]) {
    const [, channels, height, width] = featureMap(x, "x");
    // Products of two computed tensors don't count: see `matmul`.
    return { macs: 4 * channels * Number(features?.dims[0]) * height * width };
  },
  evaluate(operands) {
    const x = operandAt(operands, 0);
    const [batch, , height, width] = nchw(x);
    const layer = (at: number, of: Tensor): Tensor =>
      linear(of, operandAt(operands, at), operandAt(operands, at + 1));
    const matrix = ({ dims, data }: Tensor): Tensor => ({
      dims: [batch, dims[1] ?? 0, height * width],
      data,
    });
    const [a, b, v] = [1, 3, 5].map((at) => matrix(layer(at, x))) as [Tensor, Tensor, Tensor];
    const gathered = product(a, turned(along(b, 2)));
    const distributed = product(gathered, along(v, 1));
    const map = { dims: [batch, a.dims[1] ?? 0, height, width], data: distributed.data };
    return [sum(x, layer(7, map))];
  },
});

function product(a: Tensor, b: Tensor): Tensor {
  return operandAt(matmul.evaluate([a, b], {}), 0);
}

function along(x: Tensor, axis: number): Tensor {
  return operandAt(softmax.evaluate([x], { axis }), 0);
}

function turned(x: Tensor): Tensor {
  return operandAt(transpose.evaluate([x], { permutation: [0, 2, 1] }), 0);
}

export const a2 = defineAttention({
  type: "a2",
  title: "Double Attention",
  options: z.strictObject(reductionOptions({ ratio: 1 / 4 })),
  op,
  plan(given, site) {
    const { channels } = site;
    const { conv, convBias } = initializationAt(site);
    const squeezed = squeezedChannels(given, site);
    const layer = (name: string, dims: readonly number[]) => [
      { name: `${name}.weight`, dims, init: conv(1) },
      { name: `${name}.bias`, dims: dims.slice(0, 1), init: convBias(elementCount(dims.slice(1))) },
    ];
    return {
      attributes: {},
      parameters: [
        ...LAYERS.flatMap((name) => layer(name, [squeezed, channels, 1, 1])),
        ...layer("out", [channels, squeezed, 1, 1]),
      ],
    };
  },
  describe: (_attributes, [x, features]) => `${x?.dims[1]} → ${features?.dims[0]} → ${x?.dims[1]}`,
});
