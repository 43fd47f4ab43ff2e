import { Defect } from "../../base/diagnostic.js";
import type { Op, Value } from "../../ir/graph.js";
import { operandsOf } from "../../ir/ops/registry.js";
import { isOp, type RewriteContext } from "../../ir/rewrite.js";
import { type KernelUse, use } from "./costs.js";
import type { GateSite, Pointwise } from "./site.js";
import { squeezedFirst } from "./squeeze-first.js";
import { changeOf, type Strategy, sidesOf } from "./strategy.js";
import { blockedMacs, elementsOf } from "./units.js";

/**
 *     W · (x ⊙ g) = (W ⊙ gᵀ) · x            the gate scales the columns of the 1×1 convolution that reads it
 *     (W · y + b) ⊙ g = (W ⊙ g) · y + b ⊙ g  or the rows of the one before it, and its bias
 *
 * for one image: each image has a gate of its own, and a convolution the same weights for all. The map itself is not multiplied any more. In the
 * second form the gate is computed from the mean of y, of which there are fewer channels: see `squeezedFirst`.
 */
export const folded: Strategy<"folded"> = {
  name: "folded",
  doc: "W (x ⊙ g) = (W ⊙ gᵀ) x behind the gate, (W y + b) ⊙ g = (W ⊙ g) y + b ⊙ g before it",
  refuses(site) {
    if (site.batch !== 1) return "each image of a batch has other weights";
    return layerOf(site) === undefined ? "no 1×1 convolution stands beside it alone" : undefined;
  },
  kernels(site) {
    const { maker, reader, positions } = site;
    const layer = layerOf(site);
    if (layer === undefined) return [];
    const read = layer.inputs * positions;
    const written = layer.outputs * positions;
    const other = layer === reader ? maker : reader;
    return [
      ...[use("pool", layer === maker ? read : elementsOf(site)), use("reorder-output", read)],
      use("weight-product", layer.inputs * layer.outputs),
      ...(layer === maker ? [use("node"), use("node")] : []),
      ...[use("computed-pointwise", read * layer.outputs), use("reorder-input", written)],
      ...(other === undefined ? [] : [use("pointwise", blockedMacs(other, positions))]),
      ...summandKernels(site, layer, written),
    ];
  },
  changes(site) {
    const layer = layerOf(site);
    if (layer === undefined) return new Map();
    if (layer === site.reader)
      return new Map([changeOf(layer.op, (op, context) => scaledColumns(site, op, context))]);
    return new Map([
      changeOf(site.product, (op, context) => scaledRows(site, op, context)),
      ...squeezedFirst.changes(site),
    ]);
  },
};

/** The layer that takes the gate in: that behind it, else that before it. */
function layerOf({ reader, maker, pool }: GateSite): Pointwise | undefined {
  return reader ?? (pool === undefined ? undefined : maker);
}

/** The other map of a sum behind the layer is copied out of the blocks: a convolution with computed weights adds it in the usual layout. */
function summandKernels(site: GateSite, layer: Pointwise, written: number): readonly KernelUse[] {
  const isSummed = layer === site.reader ? false : site.sum !== undefined && site.sumsConvolution;
  return isSummed ? [use("reorder-output", written)] : [];
}

function scaledColumns(site: GateSite, layer: Op, context: RewriteContext): Value {
  const product = context.producer(firstOf(layer));
  if (!isOp(layer, "conv") || product === undefined) throw new Defect("a gate's layer is no convolution");
  const { weight, bias } = operandsOf<"conv", Value>(layer);
  const { x, gate } = sidesOf(site, product);
  const scaled = context.op("mul", [weight, gate], {}, "gated_weight");
  return context.op("conv", [x, scaled, ...(bias === undefined ? [] : [bias])], layer.attributes);
}

function scaledRows(site: GateSite, product: Op, context: RewriteContext): Value {
  const { x, gate } = sidesOf(site, product);
  const layer = context.producer(x);
  if (!isOp(layer, "conv")) throw new Defect("a gate's map is not a convolution's");
  const { x: y, weight, bias } = operandsOf<"conv", Value>(layer);
  const { channels } = site;
  const rows = context.op("reshape", [gate], { shape: [channels, 1, 1, 1] }, "gate_rows");
  const scaled = context.op("mul", [weight, rows], {}, "gated_weight");
  const operands = [y, scaled];
  if (bias !== undefined) {
    const row = context.op("reshape", [gate], { shape: [channels] }, "gate_row");
    operands.push(context.op("mul", [bias, row], {}, "gated_bias"));
  }
  return context.op("conv", operands, layer.attributes);
}

function firstOf({ operands: [first] }: Op): Value {
  if (first === undefined) throw new Defect("a convolution has operands");
  return first;
}
