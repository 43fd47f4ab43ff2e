import type { Op, Value } from "../../ir/graph.js";
import type { RewriteContext } from "../../ir/rewrite.js";
import { constantWeight } from "../../ir/weight.js";
import { type KernelUse, use } from "./costs.js";
import type { GateSite } from "./site.js";
import { changeOf, type Strategy, sidesOf } from "./strategy.js";
import { BLOCK, elementsOf, pointwiseMacs, sumKernels } from "./units.js";

const RESIZE_SINCE = 10;

/**
 *     x ⊙ g = x ⊙ E(g), where E(g)[n, c, h, w] = g[n, c]
 *
 * The gate is repeated over the map by a nearest resize before the product, whose operands then have equal sizes: ONNX Runtime multiplies such
 * maps in the blocked layout. A gate that comes out of a reshape enters that layout by a max pool of 1×1, which changes no number. A sum behind
 * the product, with a map that no convolution computes, becomes the addend of a convolution of each channel by 1: ONNX Runtime computes
 * both, and the activation behind them, in one pass. All of this is exact.
 */
export const sameShape: Strategy<"same-shape"> = {
  name: "same-shape",
  doc: "x ⊙ g = x ⊙ E(g), with g enlarged to the map by a nearest resize",
  refuses: (_site, opset) =>
    opset < RESIZE_SINCE ? `the operator Resize is there from opset ${RESIZE_SINCE} on` : undefined,
  kernels: (site) => [
    ...[use("pool", elementsOf(site)), use("enlarge", elementsOf(site)), use("product", elementsOf(site))],
    ...(site.fromConvolution ? [] : [use("node"), use("node")]),
    ...unblockedPool(site),
    ...sumKernels(site, "blocked"),
    ...pointwiseMacs(site).map((macs) => use("pointwise", macs)),
  ],
  changes(site) {
    const changes = new Map([changeOf(site.product, (op, context) => multiplied(site, op, context))]);
    const { sum } = site;
    if (sum !== undefined && !site.sumsConvolution)
      changes.set(...changeOf(sum, (op, context) => addedOnTheWay(site, sum, op, context)));
    return changes;
  },
};

/** ONNX Runtime's blocked pooling takes whole blocks of channels alone: of other maps it pools a copy in the usual layout. */
function unblockedPool(site: GateSite): readonly KernelUse[] {
  return site.channels % BLOCK === 0 ? [] : [use("reorder-output", elementsOf(site))];
}

function multiplied(site: GateSite, product: Op, context: RewriteContext): Value {
  const { x, gate } = sidesOf(site, product);
  const inside = site.fromConvolution
    ? gate
    : context.op("max_pool", [gate], { kernel: [1, 1] }, "gate_in_blocks");
  const [height, width] = x.type.dims.slice(2);
  const scales = [1, 1, Number(height), Number(width)];
  const how = { mode: "nearest", coordinates: "asymmetric", rounding: "floor" } as const;
  const map = context.op("resize", [inside], { scales, ...how }, "gate_map");
  return context.op("mul", [x, map], {});
}

function addedOnTheWay(site: GateSite, before: Op, sum: Op, context: RewriteContext): Value {
  const [product] = site.product.results;
  const at = product === undefined ? -1 : before.operands.indexOf(product);
  const ones = context.constant("ones", constantWeight([site.channels, 1, 1, 1], 1));
  const operands = sum.operands.map((operand, i) =>
    i === at ? context.op("conv", [operand, ones], { group: site.channels }, "gated") : operand,
  );
  return context.op("add", operands, {});
}
