import type { JsonPath } from "../base/json-path.js";
import type { ActivationName } from "../ir/activations.js";
import type { AttentionOptions } from "../ir/attention/registry.js";
import type { PassInvocation } from "../passes/pass.js";

/**
 * A spec with everything said: `extends` merged, repeats expanded, channels and depths scaled and rounded,
 * defaults filled in. What comes after the spec sees only this form, and `ecagen resolve` prints it.
 */
export interface ResolvedSpec {
  readonly name: string;
  readonly description?: string | undefined;
  /** Channels, height and width of one image. */
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  readonly stem: ResolvedStem;
  /** The blocks in order, each with its stage and its index in it. */
  readonly blocks: readonly ResolvedBlock[];
  readonly head: ResolvedHead;
  /** The rate of stochastic depth towards which the blocks' own rates grow. */
  readonly dropPath: number;
  /** The spec's own rewritings, in order. */
  readonly passes: readonly PassInvocation[];
  readonly expect: Expectations;
}

/** Published numbers that every compile checks. */
export interface Expectations {
  readonly parameters?: number | undefined;
  readonly attentionParameters?: number | undefined;
  readonly macs?: number | undefined;
}

export interface ResolvedNorm {
  readonly epsilon: number;
  readonly momentum: number;
}

/**
 * `symmetric`: the same zeros on both sides, ((stride - 1) + (kernel - 1)) / 2 rounded down, as PyTorch does.
 * `same`: TensorFlow's, the output is ceil(input / stride), the odd zero comes after.
 */
export type Padding = "symmetric" | "same";

/** What every layer of a block needs to know. */
export interface LayerDefaults {
  readonly activation: ActivationName;
  readonly norm: ResolvedNorm;
  readonly padding: Padding;
}

/** Convolution, normalisation, activation: the network's first layer. */
export interface ResolvedStem extends LayerDefaults {
  readonly specPath: JsonPath;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
}

interface BlockPlace {
  readonly specPath: JsonPath;
  readonly stage: number;
  readonly index: number;
  readonly inputChannels: number;
  /** Output channels. */
  readonly channels: number;
  readonly stride: number;
  /** Whether the block adds its input to its output. */
  readonly residual: boolean;
  /** Probability of dropping the whole branch in training: stochastic depth, growing with the block's place. */
  readonly dropPath: number;
}

/** kernel×kernel convolution, normalisation, activation. */
export interface ResolvedConvBlock extends LayerDefaults, BlockPlace {
  readonly block: "conv-norm-act";
  readonly kernel: number;
  readonly groups: number;
}

/** kernel×kernel depthwise, attention, 1×1 pointwise (MobileNetV1; EfficientNet's first stage). */
export interface ResolvedDepthwiseSeparable extends LayerDefaults, BlockPlace {
  readonly block: "depthwise-separable";
  readonly kernel: number;
  /** Whether an activation follows the pointwise layer (MobileNetV1; timm's `dsa`). */
  readonly pointwiseActivation: boolean;
  readonly attention?: AttentionOptions | undefined;
}

/** 1×1 expansion, kernel×kernel depthwise, attention, 1×1 projection (MobileNetV2; MBConv). */
export interface ResolvedInvertedResidual extends LayerDefaults, BlockPlace {
  readonly block: "inverted-residual";
  readonly kernel: number;
  /** Channels after the expansion. With `expands` false there is no expansion layer and they are the input's. */
  readonly expandedChannels: number;
  readonly expands: boolean;
  readonly attention?: AttentionOptions | undefined;
}

/** kernel×kernel expansion, attention, 1×1 projection (EfficientNetV2's Fused-MBConv; EdgeTPU). */
export interface ResolvedFusedInvertedResidual extends LayerDefaults, BlockPlace {
  readonly block: "fused-inverted-residual";
  readonly kernel: number;
  readonly expandedChannels: number;
  readonly attention?: AttentionOptions | undefined;
}

export type ResolvedBlock =
  | ResolvedConvBlock
  | ResolvedDepthwiseSeparable
  | ResolvedInvertedResidual
  | ResolvedFusedInvertedResidual;

export type BlockType = ResolvedBlock["block"];

/** The last 1×1 convolution, global pooling, dropout and the linear classifier. */
export interface ResolvedHead extends LayerDefaults {
  readonly specPath: JsonPath;
  /** Channels of the last convolution; undefined for none. */
  readonly channels?: number | undefined;
  readonly dropout: number;
  readonly classes: number;
}
