import type { JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import type { SelectionOptions } from "../../ir/attention/modules.js";
import type { Padding, PoolPadding } from "../resolved-part.js";

/** Height and width. */
export type Sides = readonly [height: number, width: number];

/** Where a layer was written, what it is called below its block's scope, and the channels that leave it. */
interface LayerPart {
  readonly specPath: JsonPath;
  readonly name: string;
  readonly channels: number;
}

/** A convolution, and what of normalisation and activation follows it. */
export interface ResolvedConv extends LayerPart {
  readonly layer: "conv";
  readonly kernel: Sides;
  readonly stride: Sides;
  readonly dilation: Sides;
  readonly groups: number;
  /** A word, or the zeros on both sides of each axis. */
  readonly padding: Padding | "valid" | Sides;
  readonly bias: boolean;
  readonly norm: boolean;
  readonly activation?: ActivationName | undefined;
  /** Whether its normalisation is the last of a residual block's main path, which decides how the scale starts. */
  readonly endsBranch: boolean;
}

export interface ResolvedWindow extends LayerPart {
  readonly layer: "pool";
  readonly kind: "max" | "average";
  readonly kernel: Sides;
  readonly stride: Sides;
  readonly padding: PoolPadding | "valid" | Sides;
  readonly countPadding: boolean;
}

export interface ResolvedBranches extends LayerPart {
  readonly layer: "branches";
  readonly input: "whole" | "split";
  readonly branches: readonly (readonly ResolvedLayer[])[];
  readonly join: "concat" | "sum" | "mean" | SelectionOptions;
}

/** A layer of a defined block with every expression evaluated; repetitions are written out, absent layers left out. */
export type ResolvedLayer =
  | ResolvedConv
  | (LayerPart & { readonly layer: "norm" })
  | (LayerPart & { readonly layer: "activation"; readonly activation: ActivationName })
  | ResolvedWindow
  | (LayerPart & { readonly layer: "pad"; readonly pads: readonly [number, number, number, number] })
  | (LayerPart & { readonly layer: "scale"; readonly factor: number })
  | (LayerPart & { readonly layer: "attention" })
  | ResolvedBranches;

/** The layers of a list with those inside of their branches. */
export function layersIn(layers: readonly ResolvedLayer[]): readonly ResolvedLayer[] {
  return layers.flatMap((layer) =>
    layer.layer === "branches" ? [layer, ...layer.branches.flatMap(layersIn)] : [layer],
  );
}

/** How many times smaller layers make a map, measured along its height; branches agree, or can't be joined. */
export function strideOf(layers: readonly ResolvedLayer[]): number {
  return layers.reduce((stride, layer) => {
    if (layer.layer === "branches") return stride * strideOf(layer.branches[0] ?? []);
    return layer.layer === "conv" || layer.layer === "pool" ? stride * layer.stride[0] : stride;
  }, 1);
}
