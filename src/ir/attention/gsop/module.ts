import * as z from "zod";
import { activations } from "../../activations.js";
import { modelOp } from "../../op.js";
import { floats, weights } from "../../operands.js";
import { elementAt, innerProduct, nchw, runningSum, type Tensor, zeros } from "../../tensor.js";
import { expectDims, featureMap } from "../../types.js";
import { activated, convolved, linear, product } from "../arithmetic.js";
import { startOfGates } from "../identity.js";
import { defineAttention, layerParameters } from "../module.js";
import {
  expectNorm,
  normalized,
  normEpsilon,
  normEpsilonOption,
  normOperands,
  normParameters,
} from "../norm.js";

const { relu, sigmoid } = activations;

/** Outputs of the row-wise convolution for each row of the covariance matrix (the paper's section 3.1 and code). */
const PER_ROW = 4;

/**
 * Global second-order pooling along the channels (Gao et al., GSoP-Net, CVPR 2019, section 3.1 and figure 2 a), for x of
 * [N, C, H, W], reduced to d channels:
 *
 *     y = relu(BN(reduce · relu(x) + b₀))                        [N, d, M], M positions; every stride-th of a row and column
 *     Σ = 1/M · (y - mean of y) · (y - mean of y)ᵀ               [N, d, d], the covariance of the channels
 *     r[n, 4i+j] = Σₖ rows[4i+j, k] · BN(Σ)[n,i,k] + b₁          the row-wise convolution: separate layers for each row
 *     result = x · σ(expand · r + b₂)[n,c]
 *
 * The batch normalisations and the first relu (for a gate before the block's activation) are from the
 * authors' code. BN(Σ) has separate statistics for each row of the matrix.
 */
const op = modelOp({
  doc: "x · sigmoid(W · rows of the channels' covariance): global second-order pooling",
  source: "GSoP-Net (CVPR 2019), section 3.1",
  operands: {
    x: floats,
    reduce: weights,
    reduceBias: weights,
    norm: normOperands,
    rowNorm: normOperands,
    rows: weights,
    rowsBias: weights,
    expand: weights,
    expandBias: weights,
  },
  attributes: () => z.strictObject({ stride: z.int().min(1).default(1), epsilon: normEpsilon }),
  infer({ x, reduce, reduceBias, norm, rowNorm, rows, rowsBias, expand, expandBias }) {
    const [, channels] = featureMap(x, "x");
    const squeezed = Number(featureMap(reduce, "reduce")[0]);
    expectDims(reduce, [squeezed, channels, 1, 1], "reduce");
    expectDims(reduceBias, [squeezed], "reduce_bias");
    expectNorm(norm, squeezed);
    expectNorm(rowNorm, squeezed);
    expectDims(rows, [PER_ROW * squeezed, 1, squeezed, 1], "rows");
    expectDims(rowsBias, [PER_ROW * squeezed], "rows_bias");
    expectDims(expand, [channels, PER_ROW * squeezed, 1, 1], "expand");
    expectDims(expandBias, [channels], "expand_bias");
    return x;
  },
  cost({ x, reduce }, _result, { stride }) {
    const [, channels, height, width] = featureMap(x, "x");
    const squeezed = Number(reduce.dims[0]);
    const positions = Math.ceil(height / stride) * Math.ceil(width / stride);
    return {
      macs: channels * squeezed * positions + PER_ROW * squeezed * (squeezed + channels),
      products: squeezed ** 2 * positions,
    };
  },
  evaluate(operands, { stride, epsilon }) {
    const { x, reduce, reduceBias, norm, rowNorm, rows, rowsBias, expand, expandBias } = operands;
    const entered = activated(relu, x);
    const reduced = convolved(entered, reduce, reduceBias, { strides: [stride, stride] });
    const y = activated(relu, normalized(reduced, norm, epsilon));
    const matrix = normalized(covariance(y), rowNorm, epsilon);
    const mixed = convolved(matrix, rows, rowsBias, { group: nchw(y)[1] });
    return product(x, activated(sigmoid, linear(mixed, expand, expandBias)));
  },
});

/** Σ[n,i,k] = 1/M Σₚ (y[n,i,p] - mean of y[n,i]) · (y[n,k,p] - mean of y[n,k]), as [N, d, d, 1]. */
function covariance(y: Tensor): Tensor {
  const [batch, channels, height, width] = nchw(y);
  const positions = height * width;
  const result = zeros([batch, channels, channels, 1], y);
  for (let n = 0; n < batch; n++) {
    const centred = Array.from({ length: channels }, (_, c) => {
      const start = (n * channels + c) * positions;
      const plane = y.data.subarray(start, start + positions);
      const mean = runningSum(positions, (p) => elementAt(plane, p), plane) / positions;
      return plane.map((value) => value - mean);
    });
    centred.forEach((a, i) => {
      centred.forEach((b, k) => {
        result.data[(n * channels + i) * channels + k] = innerProduct(a, b) / positions;
      });
    });
  }
  return result;
}

export const gsop = defineAttention({
  type: "gsop",
  title: "Global Second-order Pooling",
  options: () =>
    z.strictObject({
      channels: z.int().min(1).max(1024).default(128).describe("d, the channels whose covariance is taken."),
      stride: z
        .int()
        .min(1)
        .max(16)
        .default(1)
        .describe(
          "Stride of the reducing layer, to save work: 2 in the first stage of the authors' networks.",
        ),
      epsilon: normEpsilonOption,
    }),
  op,
  plan({ channels: squeezed, stride, epsilon }, site) {
    const { channels } = site;
    const layer = (name: string, dims: readonly number[], groups?: number) =>
      layerParameters(name, dims, site, groups);
    return {
      attributes: { stride, epsilon },
      parameters: [
        ...layer("reduce", [squeezed, channels, 1, 1]),
        ...normParameters("norm", squeezed),
        ...normParameters("row_norm", squeezed),
        ...layer("rows", [PER_ROW * squeezed, 1, squeezed, 1], squeezed),
        ...layer("expand", [channels, PER_ROW * squeezed, 1, 1]),
      ],
    };
  },
  identity: () => startOfGates("sigmoid", { zero: ["expand.weight", "expand.bias"] }),
  describe({ stride }, { x, reduce }) {
    const squeezed = reduce.dims[0];
    const every = stride === 1 ? "" : `, stride ${stride}`;
    return `${x.dims[1]} → ${squeezed}×${squeezed} → ${x.dims[1]}${every}`;
  },
});
