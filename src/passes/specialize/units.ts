import { type KernelUse, use } from "./costs.js";
import type { GateSite, Pointwise } from "./site.js";

/** Elements of the gated map of one image. */
export function elementsOf({ channels, positions }: GateSite): number {
  return channels * positions;
}

/** Channels of a block of ONNX Runtime's layout with AVX-512; there are half as many without it. */
export const BLOCK = 16;

/** Multiply-accumulates of one image in each of the 1×1 convolutions beside the product, as the blocked layout has them. */
export function pointwiseMacs({ maker, reader, positions }: GateSite): readonly number[] {
  return [maker, reader].flatMap((layer) => (layer === undefined ? [] : [blockedMacs(layer, positions)]));
}

/** Those of one layer: channels that are missing to a whole block are computed, too. */
export function blockedMacs({ inputs, outputs }: Pointwise, positions: number): number {
  return inBlocks(inputs) * inBlocks(outputs) * positions;
}

function inBlocks(channels: number): number {
  return Math.ceil(channels / BLOCK) * BLOCK;
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
