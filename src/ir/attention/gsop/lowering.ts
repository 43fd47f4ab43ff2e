import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { constantWeight } from "../../weight.js";
import { batchNormed, convolution } from "../lowering/parts.js";

/**
 *     x ┬ relu ─ conv 1×1 ─ batch_norm ─ relu ─ [N,d,M] ─ minus its means ┬──────────── matmul ─ [N,d,d,1] ┐
 *       │                                                                 └ transposed ┘                   │
 *       │   ┌──────────────────────────────────────────────────────────────────────────────────────────────┘
 *       │   └ depthwise conv by 1/M ─ batch_norm ─ grouped conv d×1 ─ conv 1×1 ─ sigmoid ┐
 *       └─────────────────────────────────────────────────────────────────────────────── mul
 *
 * The division by M is a convolution so that the rows' normalisation folds into it.
 */
export function lowerGsop(op: OpOf<"attention.gsop">, context: RewriteContext): Value {
  const { x, reduce, reduceBias, norm, rowNorm, rows, rowsBias, expand, expandBias } = operandsOf(op);
  const { stride, epsilon } = op.attributes;

  const entered = context.op("relu", [x], {}, "enter");
  const strides: [number, number] = [stride, stride];
  const reduced = convolution(context, entered, reduce, reduceBias, "reduce", { strides });
  const normed = batchNormed(context, reduced, norm, epsilon, "norm");
  const y = context.op("relu", [normed], {}, "act");

  const [, squeezed, height, width] = featureMap(y.type, "the reduced map");
  const positions = height * width;
  const matrix = context.op("reshape", [y], { shape: [0, squeezed, positions] }, "matrix");
  const means = context.op("reduce_mean", [matrix], { axes: [2] }, "means");
  const centred = context.op("sub", [matrix, means], {}, "centred");
  const turned = context.op("transpose", [centred], { permutation: [0, 2, 1] }, "turned");
  const products = context.op("matmul", [centred, turned], {}, "products");
  const column = context.op("reshape", [products], { shape: [0, squeezed, squeezed, 1] }, "column");
  const share = context.constant("share.weight", constantWeight([squeezed, 1, 1, 1], 1 / positions));
  const covariance = context.op("conv", [column, share], { group: squeezed }, "covariance");
  const scaled = batchNormed(context, covariance, rowNorm, epsilon, "row_norm");

  const byRow = convolution(context, scaled, rows, rowsBias, "rows", { group: squeezed });
  const scores = convolution(context, byRow, expand, expandBias, "expand");
  return context.op("mul", [x, context.op("sigmoid", [scores], {}, "gate")], {});
}
