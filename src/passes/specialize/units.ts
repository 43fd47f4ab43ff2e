import { type KernelUse, use } from "./costs.js";
import type { GateSite } from "./site.js";

/** Elements of the gated map of one image. */
export function elementsOf({ channels, positions }: GateSite): number {
  return channels * positions;
}

/** Multiply-accumulates of one image in each of the 1×1 convolutions beside the product. */
export function pointwiseMacs({ maker, reader, positions }: GateSite): readonly number[] {
  return [maker, reader].flatMap((layer) =>
    layer === undefined ? [] : [layer.inputs * layer.outputs * positions],
  );
}

/**
 * The sum that reads the product, and the activation that may follow it. In the blocked layout a convolution adds a map to its own result, and
 * applies the activation, at no cost of its own.
 */
export function sumKernels(site: GateSite, layout: "usual" | "blocked"): readonly KernelUse[] {
  if (site.sum === undefined || (layout === "blocked" && site.sumsConvolution)) return [];
  const elements = elementsOf(site);
  return layout === "usual"
    ? [use("sum", elements), use("activation", elements)]
    : [use("channel-convolution", elements)];
}
