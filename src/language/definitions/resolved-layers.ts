import type { JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import type { SelectionOptions } from "../../ir/attention/modules.js";
import type { Padding, PoolPadding, ResolvedGate } from "../resolved-part.js";
import type { JoinWord, Reading } from "../values.js";

/** Height and width. */
export type Sides = readonly [height: number, width: number];

/** One number for each axis of a map: for height and width, or for the length of a signal. */
export type PerAxis = readonly [number, ...number[]];

/** Where a layer was written, what it is called below its block's scope, and the channels that leave it. */
interface LayerPart {
  readonly specPath: JsonPath;
  readonly name: string;
  readonly channels: number;
}

/** How weights are standardised. */
export interface StandardizedWeights {
  readonly epsilon: number;
  /** What is not trained. */
  readonly factor: number;
  /** Whether they are divided by the root of how many an output channel has. */
  readonly scaled: boolean;
  /** What a trained factor of each output channel starts with; undefined without one. */
  readonly gain?: number | undefined;
}

/** A convolution, and what of normalisation and activation follows it. */
export interface ResolvedConv extends LayerPart {
  readonly layer: "conv";
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly dilation: PerAxis;
  readonly groups: number;
  /** A word, or the zeros on both sides of each axis. */
  readonly padding: Padding | "valid" | PerAxis;
  readonly standardized?: StandardizedWeights | undefined;
  readonly bias: boolean;
  readonly norm: boolean;
  readonly activation?: ActivationName | undefined;
  /** Whether its normalisation is the last of a residual block's main path, which decides how the scale starts. */
  readonly endsBranch: boolean;
}

/** A transposed convolution, and what of normalisation and activation follows it. */
export interface ResolvedConvTranspose extends LayerPart {
  readonly layer: "conv-transpose";
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly padding: PerAxis;
  readonly outputPadding: PerAxis;
  readonly groups: number;
  readonly bias: boolean;
  readonly norm: boolean;
  readonly activation?: ActivationName | undefined;
}

export interface ResolvedWindow extends LayerPart {
  readonly layer: "pool";
  readonly kind: "max" | "average";
  readonly kernel: PerAxis;
  readonly stride: PerAxis;
  readonly padding: PoolPadding | "valid" | PerAxis;
  readonly countPadding: boolean;
}

/** Attention between pixels: queries enter, keys and values are named. */
export interface ResolvedAttend extends LayerPart {
  readonly layer: "attend";
  readonly keys: string;
  readonly values: string;
  readonly heads: number;
  /** Added to the sum of the shares of linear attention; undefined for a softmax. */
  readonly epsilon?: number | undefined;
}

/** One number for each channel. A deviation has an ε, and what has one is a deviation. */
export interface ResolvedGlobalPool extends LayerPart {
  readonly layer: "global-pool";
  readonly kind: "max" | "average" | "deviation";
  /** The value with the weights of the pixels; absent: equal weights. */
  readonly weights?: string | undefined;
  /** The least variance of a deviation. */
  readonly epsilon?: number | undefined;
}

export interface ResolvedBranches extends LayerPart {
  readonly layer: "branches";
  readonly input: "whole" | "split";
  readonly branches: readonly (readonly ResolvedLayer[])[];
  readonly join: JoinWord | SelectionOptions;
}

/** A normalisation by itself: of batches, over the channels of each pixel, or over groups of channels. */
export interface ResolvedLayerNorm extends LayerPart {
  readonly layer: "norm";
  readonly kind: "batch" | "layer" | "group";
  /** Groups of channels; 1 if the kind has none. */
  readonly groups: number;
  /** Its own ε, instead of the network's. */
  readonly epsilon?: number | undefined;
}

/** A larger map: `factor` times as large, or as large as the value `to`. Exactly one is given. */
export interface ResolvedUpsample extends LayerPart {
  readonly layer: "upsample";
  readonly factor?: PerAxis | undefined;
  readonly to?: string | undefined;
  readonly mode: "nearest" | "bilinear";
}

/** More places around a map: so many before each axis, and then so many after each. Of less than nothing, so many are cut off. */
export interface ResolvedPad extends LayerPart {
  readonly layer: "pad";
  readonly pads: readonly number[];
  /** Whether the map's mirrored edge stands there instead of zeros. */
  readonly reflects?: true | undefined;
}

/** Gates of its own, or where those of the stage stand. */
export interface ResolvedGateLayer extends LayerPart {
  readonly layer: "attention";
  readonly gates?: readonly ResolvedGate[] | undefined;
}

/** The layers of a block that the spec defines. `shortcut`: undefined where it has none; an empty one is the input itself. */
export interface DefinedBody {
  readonly inputChannels: number;
  readonly residual: boolean;
  readonly layers: readonly ResolvedLayer[];
  readonly shortcut?: readonly ResolvedLayer[] | undefined;
  readonly after: readonly ResolvedLayer[];
}

/** Such a block as one layer of others. */
export interface ResolvedBlockLayer extends LayerPart, DefinedBody {
  readonly layer: "block";
  readonly definition: string;
  readonly gates: readonly ResolvedGate[];
}

/** Whether the gate of a stage stands here. */
export function isForStage(layer: ResolvedLayer): boolean {
  return layer.layer === "attention" && layer.gates === undefined;
}

/** Pixels that become channels, or the other way. */
export interface ResolvedDepthChange extends LayerPart {
  /** Side of a block of pixels. */
  readonly size: number;
  /** pixel: the channels of one pixel lie together. channel: the pixels of one channel do. */
  readonly order: "pixel" | "channel";
}

/**
 * A layer of a defined block with every expression evaluated; repetitions are written out, absent layers left out. What layers
 * say of named values are layers of their own: `read` goes on with earlier results, `keep` gives the last one a name.
 */
export type ResolvedLayer =
  | ResolvedConv
  | ResolvedConvTranspose
  | ResolvedLayerNorm
  | (LayerPart & { readonly layer: "read"; readonly reading: Reading<string> })
  | (LayerPart & { readonly layer: "keep"; readonly as: string })
  | (LayerPart & { readonly layer: "leaky-relu"; readonly slope: number })
  | (LayerPart & { readonly layer: "prelu" })
  | ResolvedGlobalPool
  | ResolvedAttend
  | (LayerPart & { readonly layer: "softmax"; readonly over: "pixels" | "channels" })
  | (LayerPart & { readonly layer: "blur-pool"; readonly kernel: number; readonly stride: number })
  | (ResolvedDepthChange & { readonly layer: "space-to-depth" })
  | (ResolvedDepthChange & { readonly layer: "depth-to-space" })
  | ResolvedUpsample
  | (LayerPart & { readonly layer: "slice"; readonly start: number; readonly end: number })
  | (LayerPart & { readonly layer: "shuffle"; readonly groups: number })
  | (LayerPart & { readonly layer: "activation"; readonly activation: ActivationName })
  | ResolvedWindow
  | ResolvedPad
  | (LayerPart & {
      readonly layer: "scale";
      readonly factor: number;
      readonly trained?: "channels" | "map" | undefined;
    })
  | ResolvedGateLayer
  | ResolvedBlockLayer
  | ResolvedBranches;

/** The layers of a list with those inside of their branches. */
export function layersIn(layers: readonly ResolvedLayer[]): readonly ResolvedLayer[] {
  return layers.flatMap((layer) =>
    layer.layer === "branches" ? [layer, ...layer.branches.flatMap(layersIn)] : [layer],
  );
}
