import * as z from "zod";
import { startAtZero } from "../../initializers.js";
import { defineOp } from "../../op.js";
import { nchw, operandAt, runningSum, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { linear, softmaxOf, sum } from "../arithmetic.js";
import { defineAttention, initializationAt } from "../module.js";
import {
  expectNorm,
  NORM_OPERANDS,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normParameters,
} from "../norm.js";
import { describeReduction, reductionOptions, squeezedChannels } from "../reduction.js";

const PAIRWISE = ["embedded-gaussian", "dot-product"] as const;

/**
 * Non-local block (Wang et al., CVPR 2018, section 3), for x of [N, C, H, W] and its places p, q:
 *
 *     f[p,q] = scale · θ(x)[p] · φ(x)[q]
 *     y[p] = Σ_q softmax over q of f[p,q] · g(x)[q]          embedded Gaussian, section 3.2
 *     y[p] = Σ_q f[p,q] / (H·W) · g(x)[q]                    dot product, eq. 4
 *     result = x + BN(out · y)                               section 3.3 and 4.1
 *
 * θ, φ and g are layers with bias from C to M channels. The paper's scale is 1, timm's 1/√C.
 */
const op = defineOp({
  name: "attention.nl",
  level: "model",
  doc: "x + BN(W · Σ_q f(x_p, x_q) · g(x_q)): the non-local block",
  source: "Non-local Neural Networks (CVPR 2018), section 3, eq. 1 to 6",
  operands: [
    "x",
    "theta",
    "theta_bias",
    "phi",
    "phi_bias",
    "g",
    "g_bias",
    "out",
    "out_bias",
    ...NORM_OPERANDS,
  ],
  attributes: z.strictObject({
    pairwise: z.enum(PAIRWISE).default("embedded-gaussian"),
    scale: z.number().positive().default(1),
    epsilon: normEpsilon,
  }),
  infer(operands) {
    const [, channels] = featureMap(operands[0], "x");
    const [squeezed] = featureMap(operands[1], "theta");
    ["theta", "phi", "g"].forEach((name, i) => {
      expectDims(operands[1 + 2 * i], [squeezed, channels, 1, 1], name);
      expectDims(operands[2 + 2 * i], [squeezed], `${name}_bias`);
    });
    expectDims(operands[7], [channels, squeezed, 1, 1], "out");
    expectDims(operands[8], [channels], "out_bias");
    expectNorm(operands.slice(9), channels);
    return [operandAt(operands, 0)];
  },
  cost([x, theta]) {
    const [, channels, height, width] = featureMap(x, "x");
    // Products of two computed tensors don't count: see `matmul`.
    return { macs: 4 * channels * Number(theta?.dims[0]) * height * width };
  },
  evaluate(operands, { pairwise, scale, epsilon }) {
    const x = operandAt(operands, 0);
    const layer = (at: number, of: Tensor): Tensor =>
      linear(of, operandAt(operands, at), operandAt(operands, at + 1));
    const [theta, phi, g] = [layer(1, x), layer(3, x), layer(5, x)];
    const y = attended(theta, phi, g, pairwise, scale);
    return [sum(x, normalized(layer(7, y), operands.slice(9), epsilon))];
  },
});

/** y[p] = Σ_q w(f[p,q]) · g[q], place by place. */
function attended(
  theta: Tensor,
  phi: Tensor,
  g: Tensor,
  pairwise: (typeof PAIRWISE)[number],
  scale: number,
): Tensor {
  const [batch, width, rows, columns] = nchw(g);
  const places = rows * columns;
  const y = zeros(g.dims, g);
  for (let n = 0; n < batch; n++) {
    const at = (m: number, p: number): number => (n * width + m) * places + p;
    const compared = (p: number, q: number): number =>
      scale *
      runningSum(width, (m) => operandAt(theta.data, at(m, p)) * operandAt(phi.data, at(m, q)), g.data);
    for (let p = 0; p < places; p++) {
      const f = zeros([places], g).data.map((_, q) => compared(p, q));
      const weights = pairwise === "dot-product" ? f.map((value) => value / places) : softmaxOf(f);
      for (let m = 0; m < width; m++) {
        y.data[at(m, p)] = runningSum(
          places,
          (q) => operandAt(weights, q) * operandAt(g.data, at(m, q)),
          g.data,
        );
      }
    }
  }
  return y;
}

export const nl = defineAttention({
  type: "nl",
  title: "Non-local Block",
  options: z.strictObject({
    ...reductionOptions({ ratio: 1 / 8, divisor: 8 }),
    pairwise: z
      .enum(PAIRWISE)
      .default("embedded-gaussian")
      .describe("How two places are compared: softmax of their products, or the products themselves."),
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
    const inner = ["theta", "phi", "g"].flatMap((name) => [
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
  describe: ({ pairwise }, [x, theta]) =>
    `${describeReduction(x?.dims[1], theta?.dims[0])}${pairwise === "dot-product" ? ", dot product" : ""}`,
});
