import * as z from "zod";
import { moves } from "../ops/moves.js";
import { elementAt, type Tensor } from "../tensor.js";
import { expectDims, featureMap, refuse, type TensorType } from "../types.js";
import { applied, convolved, positionMaxima, positionMeans, sum } from "./arithmetic.js";
import { type NormParts, normalized } from "./norm.js";

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
    "Whether mean and maximum are used separately (the paper), or only their average (timm's lcbam).",
  );

/** Maps that a spatial gate pools to: input channels of its convolution. */
export function mapsOf(pooling: Pooling): number {
  return pooling === "separate" ? 2 : 1;
}

/** k of a spatial gate's weight [1, maps, k, k]; refuses another shape. */
export function expectSpatialWeight(weight: TensorType, pooling: Pooling): void {
  const kernel = spatialKernelOf(weight);
  if (kernel % 2 === 0) refuse(`a spatial kernel of ${kernel} has no middle`);
  expectDims(weight, [1, mapsOf(pooling), kernel, kernel], "spatial");
}

export function spatialKernelOf(weight: TensorType): number {
  return featureMap(weight, "spatial")[2];
}

/** BN(conv_k([mean of x over the channels; maximum over the channels])), [N, 1, H, W]; BN only where it is given. */
export function spatialScores(
  x: Tensor,
  weight: Tensor,
  norm: NormParts<Tensor> | undefined,
  { pooling, epsilon }: { readonly pooling: Pooling; readonly epsilon: number },
): Tensor {
  const [means, maxima] = [positionMeans(x), positionMaxima(x)];
  const maps =
    pooling === "separate"
      ? moves.concat.evaluate({ x: means, more: [maxima] }, { axis: 1 })
      : halfSum(means, maxima);
  const pad = (elementAt(weight.dims, 2) - 1) / 2;
  const scores = convolved(maps, weight, undefined, { pads: [pad, pad, pad, pad] });
  return norm === undefined ? scores : normalized(scores, norm, epsilon);
}

export function halfSum(a: Tensor, b: Tensor): Tensor {
  return applied((value) => value / 2, sum(a, b));
}
