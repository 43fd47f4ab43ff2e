import * as z from "zod";
import { startAtZero } from "../../initializers.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { elementAt, innerProduct, nchw, runningSum, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { linear, softmaxOf, sum } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
  normParameters,
} from "../norm.js";
import { describeReduction, reductionOptions, squeezedChannels } from "../reduction.js";

/** The layers whose results are compared and mixed. */
const LAYERS = ["theta", "phi", "g"] as const;

const PAIRWISE = ["embedded-gaussian", "dot-product"] as const;

/**
 * Non-local block (Wang et al., CVPR 2018, section 3), for x of [N, C, H, W] and its positions p, q:
 *
 *     f[p,q] = scale · θ(x)[p] · φ(x)[q]
 *     y[p] = Σ_q softmax over q of f[p,q] · g(x)[q]          embedded Gaussian, section 3.2
 *     y[p] = Σ_q f[p,q] / (H·W) · g(x)[q]                    dot product, eq. 4
 *     result = x + BN(out · y)                               section 3.3 and 4.1
 *
 * θ, φ and g are layers with bias from C to M channels. The paper's scale is 1, timm's 1/√C.
 */
const op = modelOp({
  doc: "x + BN(W · Σ_q f(x_p, x_q) · g(x_q)): the non-local block",
  source: "Non-local Neural Networks (CVPR 2018), section 3, eq. 1 to 6",
  operands: {
    x: floats,
    theta: weights,
    thetaBias: weights,
    phi: weights,
    phiBias: weights,
    g: weights,
    gBias: weights,
    out: weights,
    outBias: weights,
    norm: normOperands,
  },
  attributes: () =>
    z.strictObject({
      pairwise: z.enum(PAIRWISE).default("embedded-gaussian"),
      scale: z.number().positive().default(1),
      epsilon: normEpsilon,
    }),
  infer({ x, out, outBias, norm, ...layers }) {
    const [, channels] = featureMap(x, "x");
    const [squeezed] = featureMap(layers.theta, "theta");
    for (const name of LAYERS) {
      expectDims(layers[name], [squeezed, channels, 1, 1], name);
      expectDims(layers[`${name}Bias`], [squeezed], `${name}_bias`);
    }
    expectDims(out, [channels, squeezed, 1, 1], "out");
    expectDims(outBias, [channels], "out_bias");
    expectNorm(norm, channels);
    return x;
  },
  cost({ x, theta }) {
    const [, channels, height, width] = featureMap(x, "x");
    const [squeezed, positions] = [Number(theta.dims[0]), height * width];
    return { macs: 4 * channels * squeezed * positions, products: 2 * squeezed * positions ** 2 };
  },
  evaluate({ x, out, outBias, norm, ...layers }, { pairwise, scale, epsilon }) {
    const layer = (name: (typeof LAYERS)[number]): Tensor => linear(x, layers[name], layers[`${name}Bias`]);
    const y = attended(layer("theta"), layer("phi"), layer("g"), pairwise, scale);
    return sum(x, normalized(linear(y, out, outBias), norm, epsilon));
  },
});

/** y[p] = Σ_q w(f[p,q]) · g[q], position by position. */
function attended(
  theta: Tensor,
  phi: Tensor,
  g: Tensor,
  pairwise: (typeof PAIRWISE)[number],
  scale: number,
): Tensor {
  const [batch, width, rows, columns] = nchw(g);
  const positions = rows * columns;
  const y = zeros(g.dims, g);
  for (let n = 0; n < batch; n++) {
    const at = (m: number, p: number): number => (n * width + m) * positions + p;
    const compared = (p: number, q: number): number =>
      scale *
      runningSum(width, (m) => elementAt(theta.data, at(m, p)) * elementAt(phi.data, at(m, q)), g.data);
    for (let p = 0; p < positions; p++) {
      const f = zeros([positions], g).data.map((_, q) => compared(p, q));
      const weights = pairwise === "dot-product" ? f.map((value) => value / positions) : softmaxOf(f);
      for (let m = 0; m < width; m++) {
        y.data[at(m, p)] = innerProduct(weights, g.data.subarray(at(m, 0), at(m, positions)));
      }
    }
  }
  return y;
}

export const nl = defineAttention({
  type: "nl",
  title: "Non-local Block",
  options: () =>
    z.strictObject({
      ...reductionOptions({ ratio: 1 / 8, divisor: 8 }),
      pairwise: z
        .enum(PAIRWISE)
        .default("embedded-gaussian")
        .describe("How two positions are compared: softmax of their products, or the products themselves."),
      scaled: z
        .boolean()
        .default(true)
        .describe("Whether the products are divided by √C, as timm does; the paper doesn't."),
      epsilon: normEpsilonOption,
    }),
  op,
  plan(given, site) {
    const { channels } = site;
    const squeezed = squeezedChannels(given, site);
    const { conv } = initializationAt(site);
    const inner = LAYERS.flatMap((name) => [
      { name: `${name}.weight`, dims: [squeezed, channels, 1, 1], init: conv(1) },
      { name: `${name}.bias`, dims: [squeezed], init: startAtZero },
    ]);
    return {
      attributes: {
        pairwise: given.pairwise,
        scale: given.scaled ? 1 / Math.sqrt(channels) : 1,
        epsilon: given.epsilon,
      },
      parameters: [
        ...inner,
        { name: "out.weight", dims: [channels, squeezed, 1, 1], init: conv(1) },
        { name: "out.bias", dims: [channels], init: startAtZero },
        // The block starts as the identity (section 4.1).
        ...normParameters("norm", channels, startAtZero),
      ],
    };
  },
  identity: () => ({ factor: 1, zero: ["norm.weight", "norm.bias"] }),
  describe: ({ pairwise }, { x, theta }) =>
    `${describeReduction(x.dims[1], theta.dims[0])}${pairwise === "dot-product" ? ", dot product" : ""}`,
});
