import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { featureMap } from "../../types.js";
import { convolution } from "../lowering/parts.js";

/**
 * With matrices [N, M, H·W]:
 *
 *     x ┬ conv ──────────────────────── A ┐
 *       ├ conv ─ softmax over H·W ─ turned ┴ matmul ┐
 *       ├ conv ─ softmax over M ─────────────────── matmul ─ [N,M,H,W] ─ conv ┐
 *       └──────────────────────────────────────────────────────────────────── add
 */
export function lowerA2(op: OpOf<"attention.a2">, context: RewriteContext): Value {
  const { x, features, featuresBias, gather, gatherBias, distribute, distributeBias, out, outBias } =
    operandsOf(op);
  const [, , height, width] = featureMap(x.type, "x");
  const squeezed = Number(features.type.dims[0]);
  const matrix = (weight: Value, bias: Value, name: string): Value => {
    const map = convolution(context, x, weight, bias, name);
    return context.op("reshape", [map], { shape: [0, squeezed, height * width] }, `${name}_matrix`);
  };
  const shares = context.op("softmax", [matrix(gather, gatherBias, "gather")], { axis: 2 }, "shares");
  const turned = context.op("transpose", [shares], { permutation: [0, 2, 1] }, "turned");
  const gathered = context.op("matmul", [matrix(features, featuresBias, "features"), turned], {}, "gathered");
  const positions = matrix(distribute, distributeBias, "distribute");
  const wanted = context.op("softmax", [positions], { axis: 1 }, "wanted");
  const given = context.op("matmul", [gathered, wanted], {}, "given");
  const map = context.op("reshape", [given], { shape: [0, squeezed, height, width] }, "map");
  return context.op("add", [x, convolution(context, map, out, outBias, "out")], {});
}
