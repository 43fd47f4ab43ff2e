import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { constantWeight } from "../../weight.js";
import { batchNormed, convolution } from "../lowering/parts.js";

/**
 * With matrices [N, M, H·W] of θ, φ and g:
 *
 *     x ┬ conv θ ─ transpose ┐
 *       ├ conv φ ─────────── matmul · scale ─ softmax ─ transpose ┐
 *       ├ conv g ──────────────────────────────────────────────── matmul ─ [N,M,H,W] ─ conv ─ batch_norm ┐
 *       └─────────────────────────────────────────────────────────────────────────────────────────────── add
 *
 * The dot product has 1/(H·W) in its scale and no softmax.
 */
export function lowerNl(op: OpOf<"attention.nl">, context: RewriteContext): Value {
  const { x, theta, thetaBias, phi, phiBias, g, gBias, out, outBias, norm } = operandsOf(op);
  const { pairwise, scale, epsilon } = op.attributes;
  const [, , height, width] = featureMap(x.type, "x");
  const positions = height * width;
  const squeezed = Number(theta.type.dims[0]);
  const matrix = (weight: Value, bias: Value, name: string): Value => {
    const map = convolution(context, x, weight, bias, name);
    return context.op("reshape", [map], { shape: [0, squeezed, positions] }, `${name}_matrix`);
  };
  const turned = (value: Value, name: string): Value =>
    context.op("transpose", [value], { permutation: [0, 2, 1] }, name);

  const queries = turned(matrix(theta, thetaBias, "theta"), "queries");
  const products = context.op("matmul", [queries, matrix(phi, phiBias, "phi")], {}, "products");
  const factor = pairwise === "dot-product" ? scale / positions : scale;
  const scores = context.op(
    "mul",
    [products, context.constant("scale", constantWeight([], factor))],
    {},
    "scores",
  );
  const weights =
    pairwise === "dot-product" ? scores : context.op("softmax", [scores], { axis: 2 }, "softmax");
  const attended = context.op("matmul", [matrix(g, gBias, "g"), turned(weights, "weights")], {}, "attended");
  const map = context.op("reshape", [attended], { shape: [0, squeezed, height, width] }, "map");
  const result = convolution(context, map, out, outBias, "out");
  return context.op("add", [x, batchNormed(context, result, norm, epsilon, "norm")], {});
}
