import * as z from "zod";
import { concat } from "../ops/concat.js";
import { conv } from "../ops/conv.js";
import { operandAt, type Tensor } from "../tensor.js";
import { expectDims, featureMap, refuse, type TensorType } from "../types.js";
import { applied, placeMaxima, placeMeans, sum } from "./arithmetic.js";
import { normalized } from "./norm.js";

/** How the two poolings are used: each by itself, or only their average. */
export const POOLINGS = ["separate", "averaged"] as const;

export type Pooling = (typeof POOLINGS)[number];

/** What the spatial gates of CBAM and SAM have in common: k of their convolution. */
export const spatialKernelOption = z
  .int()
  .min(1)
  .max(63)
  .refine((k) => k % 2 === 1, { error: "a spatial kernel must be odd, so that it has a middle" })
  .default(7)
  .describe("Kernel size of the spatial gate's convolution, odd.");

export const poolingOption = z
  .enum(POOLINGS)
  .default("separate")
  .describe(
    "Whether mean and maximum are used each by itself (the paper's), or only their average (timm's lcbam).",
  );

/** Maps that a spatial gate pools to: input channels of its convolution. */
export function mapsOf(pooling: Pooling): number {
  return pooling === "separate" ? 2 : 1;
}

/** k of a spatial gate's weight [1, maps, k, k]; refuses another shape. */
export function expectSpatialWeight(weight: TensorType | undefined, pooling: Pooling): void {
  const kernel = spatialKernelOf(weight);
  if (kernel % 2 === 0) refuse(`a spatial kernel of ${kernel} has no middle`);
  expectDims(weight, [1, mapsOf(pooling), kernel, kernel], "spatial");
}

export function spatialKernelOf(weight: TensorType | undefined): number {
  return featureMap(weight, "spatial")[2];
}

/** BN(conv_k([mean of x over the channels; maximum over the channels])), [N, 1, H, W]; BN only where it is given. */
export function spatialScores(
  x: Tensor,
  weight: Tensor,
  norm: readonly Tensor[],
  { pooling, epsilon }: { readonly pooling: Pooling; readonly epsilon: number },
): Tensor {
  const places = [placeMeans(x), placeMaxima(x)] as const;
  const maps =
    pooling === "separate" ? operandAt(concat.evaluate(places, { axis: 1 }), 0) : halfSum(...places);
  const pad = (operandAt(weight.dims, 2) - 1) / 2;
  const attributes = conv.attributes.parse({ pads: [pad, pad, pad, pad] });
  const scores = operandAt(conv.evaluate([maps, weight], attributes), 0);
  return norm.length === 0 ? scores : normalized(scores, norm, epsilon);
}

export function halfSum(a: Tensor, b: Tensor): Tensor {
  return applied((value) => value / 2, sum(a, b));
}
