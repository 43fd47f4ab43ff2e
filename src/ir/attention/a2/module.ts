import * as z from "zod";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { activationOps } from "../../ops/activations.js";
import { linearOps } from "../../ops/linear.js";
import { moves } from "../../ops/moves.js";
import { elementAt, nchw, type Tensor } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { linear, sum } from "../arithmetic.js";
import { defineAttention, layerParameters } from "../module.js";
import { reductionOptions, squeezedChannels } from "../reduction.js";

const LAYERS = ["features", "gather", "distribute"] as const;

/**
 * Double attention (Chen et al., A²-Nets, NeurIPS 2018, section 3), for x of [N, C, H, W] as matrices over positions:
 *
 *     A = features · x                          [M, H·W]
 *     B = softmax of gather · x                 [K, H·W], each row over the positions       eq. 3 and 4
 *     G = A · Bᵀ                                [M, K], the gathered features
 *     V = softmax of distribute · x             [K, H·W], each position over the K          eq. 5
 *     result = x + out · (G · V)                                                         eq. 6 and section 3.3
 *
 * Each layer has a bias, and K = M.
 */
const op = modelOp({
  doc: "x + W · (A · softmax(B)ᵀ · softmax(V)): gather features of all places, then distribute them",
  source: "A²-Nets (NeurIPS 2018), section 3, eq. 2 to 6",
  operands: {
    x: floats,
    features: weights,
    featuresBias: weights,
    gather: weights,
    gatherBias: weights,
    distribute: weights,
    distributeBias: weights,
    out: weights,
    outBias: weights,
  },
  infer({ x, out, outBias, ...layers }) {
    const [, channels] = featureMap(x, "x");
    const [squeezed] = featureMap(layers.features, "features");
    for (const name of LAYERS) {
      expectDims(layers[name], [squeezed, channels, 1, 1], name);
      expectDims(layers[`${name}Bias`], [squeezed], `${name}_bias`);
    }
    expectDims(out, [channels, squeezed, 1, 1], "out");
    expectDims(outBias, [channels], "out_bias");
    return x;
  },
  cost({ x, features }) {
    const [, channels, height, width] = featureMap(x, "x");
    const [squeezed, positions] = [Number(features.dims[0]), height * width];
    return { macs: 4 * channels * squeezed * positions, products: 2 * squeezed ** 2 * positions };
  },
  evaluate({ x, out, outBias, ...layers }) {
    const [batch, , height, width] = nchw(x);
    const squeezed = elementAt(layers.features.dims, 0);
    const matrix = (name: (typeof LAYERS)[number]): Tensor => ({
      dims: [batch, squeezed, height * width],
      data: linear(x, layers[name], layers[`${name}Bias`]).data,
    });
    const gathered = product(matrix("features"), turned(along(matrix("gather"), 2)));
    const distributed = product(gathered, along(matrix("distribute"), 1));
    const map = { dims: [batch, squeezed, height, width], data: distributed.data };
    return sum(x, linear(map, out, outBias));
  },
});

function product(a: Tensor, b: Tensor): Tensor {
  return linearOps.matmul.evaluate({ a, b }, {});
}

function along(x: Tensor, axis: number): Tensor {
  return activationOps.softmax.evaluate({ x }, { axis });
}

function turned(x: Tensor): Tensor {
  return moves.transpose.evaluate({ x }, { permutation: [0, 2, 1] });
}

export const a2 = defineAttention({
  type: "a2",
  title: "Double Attention",
  options: () => z.strictObject(reductionOptions({ ratio: 1 / 4 })),
  op,
  plan(given, site) {
    const { channels } = site;
    const squeezed = squeezedChannels(given, site);
    return {
      attributes: {},
      parameters: [
        ...LAYERS.flatMap((name) => layerParameters(name, [squeezed, channels, 1, 1], site)),
        ...layerParameters("out", [channels, squeezed, 1, 1], site),
      ],
    };
  },
  identity: () => ({ factor: 1, zero: ["out.weight", "out.bias"] }),
  describe: (_attributes, { x, features }) => `${x.dims[1]} → ${features.dims[0]} → ${x.dims[1]}`,
});
