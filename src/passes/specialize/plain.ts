import { use } from "./costs.js";
import type { Strategy } from "./strategy.js";
import { elementsOf, pointwiseMacs, sumKernels } from "./units.js";

/**
 *     x ⊙ g, with g repeated over the map by the product itself
 *
 * What `lower-attention` writes. ONNX Runtime's broadcasting product does not know the blocked layout of its convolutions: the map is copied
 * out of it before and into it after.
 */
export const plain: Strategy<"plain"> = {
  name: "plain",
  doc: "x ⊙ g, with g broadcast over the map",
  refuses: () => undefined,
  kernels: (site) => [
    ...[use("pool", elementsOf(site)), use("reorder-output", elementsOf(site))],
    use("broadcast-product", elementsOf(site)),
    ...sumKernels(site, "usual"),
    use("reorder-input", elementsOf(site)),
    ...pointwiseMacs(site).map((macs) => use("pointwise", macs)),
  ],
  changes: () => new Map(),
};
