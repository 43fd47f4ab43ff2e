import type { OpOf } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp } from "../../ir/rewrite.js";
import type { Simplification } from "./simplification.js";

/**
 *     conv(pad(x))      →  conv(x) {pads + those of pad}
 *     avg_pool(pad(x))  →  avg_pool(x) {pads, counted}
 *
 * What is added are zeros, as a convolution's own padding is. A mean over windows of a padded map is over the zeros too; a pool
 * that has own padding and leaves it out stays. A maximum would be over the zeros as well, where the padding of max_pool is none.
 */
export const padIntoWindow: Simplification = (op, context) => {
  const [padded, ...others] = op.operands;
  const pad = padded && context.producer(padded);
  if (!isOp(pad, "pad")) return undefined;
  const { x } = operandsOf(pad);
  const { before, after } = pad.attributes;
  // Of images and channels there are no more.
  if (before.slice(0, 2).some((count) => count > 0) || after.slice(0, 2).some((count) => count > 0))
    return undefined;
  const operands = [x, ...others];
  if (isOp(op, "conv")) {
    const pads = sum(op.attributes.pads, before, after);
    return pads && context.op("conv", operands, { ...op.attributes, pads });
  }
  if (isOp(op, "conv_1d")) {
    const [first, last] = op.attributes.pads;
    const pads: [number, number] = [first + (before[2] ?? 0), last + (after[2] ?? 0)];
    return context.op("conv_1d", operands, { ...op.attributes, pads });
  }
  if (!isOp(op, "avg_pool")) return undefined;
  const pads = pooledPads(op, before, after);
  return pads && context.op("avg_pool", operands, { ...op.attributes, pads, countPadding: true });
};

type Pads = [number, number, number, number];

function sum(
  [top, left, bottom, right]: Readonly<Pads>,
  before: readonly number[],
  after: readonly number[],
): Pads | undefined {
  const [, , above, beside] = before;
  const [, , below, beyond] = after;
  if (above === undefined || beside === undefined || below === undefined || beyond === undefined)
    return undefined;
  return [top + above, left + beside, bottom + below, right + beyond];
}

/** No window of a pool may lie in the padding alone. */
function pooledPads(
  { attributes: { pads, countPadding, kernel } }: OpOf<"avg_pool">,
  before: readonly number[],
  after: readonly number[],
): Pads | undefined {
  const all = sum(pads, before, after);
  const counts = countPadding || pads.every((count) => count === 0);
  const fits = all?.every((count, i) => count < (kernel[i % 2] ?? 0)) === true;
  return counts && fits ? all : undefined;
}
