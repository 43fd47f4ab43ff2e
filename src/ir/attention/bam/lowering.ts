import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { batchNormed, bottleneck, convolution } from "../lowering/parts.js";
import { dilatedConv } from "./module.js";

/**
 *     x ┬ global_avg_pool ─ conv ─ hidden ─ conv ─ batch_norm ────────────────────────┐
 *       ├ conv 1×1 ─ hidden ─ (conv 3×3 dilated ─ hidden) twice ─ conv 1×1 ─ batch_norm add ─ sigmoid ─ mul x ┐
 *       └──────────────────────────────────────────────────────────────────────────────────────────────────── add
 */
export function lowerBam(op: OpOf<"attention.bam">, context: RewriteContext): Value {
  const { hidden, epsilon, dilation } = op.attributes;
  const { x, reduce, reduceBias, expand, expandBias, channelNorm, spatialNorm } = operandsOf(op);
  const pooled = context.op("global_avg_pool", [x], {}, "channel/pool");
  const layers = { reduce, reduceBias, hidden, expand, expandBias };
  const excited = bottleneck(context, pooled, layers, "channel/");
  const byChannel = batchNormed(context, excited, channelNorm, epsilon, "channel/norm");

  const { enter, enterBias, first, firstBias, second, secondBias, leave, leaveBias } = operandsOf(op);
  const layer = (input: Value, weight: Value, bias: Value, name: string, wide: boolean): Value => {
    const attributes = wide ? dilatedConv(dilation) : {};
    const convolved = convolution(context, input, weight, bias, `spatial/${name}`, attributes);
    return context.op(hidden, [convolved], {}, `spatial/${name}_act`);
  };
  const entered = layer(x, enter, enterBias, "enter", false);
  const seen = layer(layer(entered, first, firstBias, "first", true), second, secondBias, "second", true);
  const left = convolution(context, seen, leave, leaveBias, "spatial/leave");
  const byPosition = batchNormed(context, left, spatialNorm, epsilon, "spatial/norm");

  const gate = context.op("sigmoid", [context.op("add", [byChannel, byPosition], {}, "scores")], {}, "gate");
  return context.op("add", [x, context.op("mul", [x, gate], {}, "gated")], {});
}
