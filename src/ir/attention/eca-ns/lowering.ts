import type { OpOf, Value } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { storedWeight, type WeightExpr } from "../../weight.js";
import { gated, reshapedParameter } from "../lowering/parts.js";

/**
 *     x ─ global_avg_pool ─ reshape [N,1,1,C] ─ conv 1×k, unit kernels ─ [N,k,1,C] ─ transpose 0312 ─ [N,C,k,1] ─┐
 *     ┌──────────────────────────────────────────────────────────────────────────────────────────────────────────┘
 *     └─ depthwise conv k×1 ─ [N,C,1,1] ─ sigmoid ─ mul x
 *
 * Unit kernel j copies the row moved by j - (k-1)/2: below each channel then stand its k neighbours, and a
 * depthwise convolution gives each channel weights of its own.
 */
export function lowerEcaNs(op: OpOf<"attention.eca-ns">, context: RewriteContext): Value {
  const { x, weight } = operandsOf(op);
  const { kernel } = op.attributes;
  const channels = Number(x.type.dims[1]);
  const each = (kernel - 1) / 2;
  const pooled = context.op("global_avg_pool", [x], {}, "pool");
  const row = context.op("reshape", [pooled], { shape: [0, 1, 1, -1] }, "enter");
  const shifts = context.constant("shifts", unitKernels(kernel));
  const neighbours = context.op("conv", [row, shifts], { pads: [0, each, 0, each] }, "neighbours");
  const columns = context.op("transpose", [neighbours], { permutation: [0, 3, 1, 2] }, "columns");
  const taps = reshapedParameter(context, weight, [channels, 1, kernel, 1]);
  const mixed = context.op("conv", [columns, taps], { group: channels }, "conv");
  return gated(context, x, context.op("sigmoid", [mixed], {}, "gate"));
}

/** k kernels of 1×k: the j-th is 1 at j and else 0. */
function unitKernels(kernel: number): WeightExpr {
  const data = Float32Array.from({ length: kernel * kernel }, (_, i) => (i % (kernel + 1) === 0 ? 1 : 0));
  return storedWeight([kernel, 1, 1, kernel], `unit kernels of ${kernel}`, data);
}
