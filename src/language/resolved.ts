import type { JsonPath } from "../base/json-path.js";
import type { ActivationName } from "../ir/activations.js";
import type { AttentionOptions } from "../ir/attention/modules.js";
import type { InitializationName } from "../ir/initializers.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import type { ResolvedLayer } from "./definitions/resolved-layers.js";
import type { AttentionPosition } from "./positions.js";
import type { Preprocessing } from "./preprocessing.js";

/**
 * A spec with everything said: `extends` merged, repeats expanded, channels and depths scaled and rounded,
 * defaults filled in. What comes after the spec sees only this form, and `ecagen resolve` prints it.
 */
export interface ResolvedSpec {
  readonly name: string;
  readonly description?: string | undefined;
  /** The family of networks that it belongs to. */
  readonly family?: string | undefined;
  /** Channels, height and width of one image. */
  readonly input: { readonly channels: number; readonly height: number; readonly width: number };
  /** Undefined where the first stage begins with the image. */
  readonly stem?: ResolvedStem | undefined;
  /** The blocks in order, each with its stage and its index in it. */
  readonly blocks: readonly ResolvedBlock[];
  /** Undefined for a backbone, whose only outputs are its features. */
  readonly head?: ResolvedHead | undefined;
  /** Feature maps that are outputs, in order. */
  readonly features: readonly ResolvedFeature[];
  readonly preprocessing: Preprocessing;
  /** The names of the classes, in the order of the outputs. */
  readonly labels?: readonly string[] | undefined;
  /** The rate of stochastic depth towards which the blocks' own rates grow. */
  readonly dropPath: number;
  /** The spec's own rewritings, in order. */
  readonly passes: readonly PassInvocation[];
  readonly expect: Expectations;
}

/** The name of the classifier's output. */
export const LOGITS = "logits";

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
  readonly initialization: InitializationName;
}

/** What comes before the blocks: convolutions, each with normalisation and activation, and a pooling. */
export interface ResolvedStem extends LayerDefaults {
  readonly specPath: JsonPath;
  /** Channels of the convolutions before the last one, of which the first has the stride; none in most networks. */
  readonly deep: readonly number[];
  /** Channels of the last convolution. */
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  /** Whether normalisation and activation follow the last convolution; not before preactivation blocks. */
  readonly normalized: boolean;
  readonly pool?: ResolvedStemPool | undefined;
}

/**
 * As `Padding`; `ceil`: nothing before, and as much after as the last window that begins inside the map needs
 * (PyTorch's ceil_mode).
 */
export type PoolPadding = Padding | "ceil";

/** A feature map that is an output of the network. */
export interface ResolvedFeature {
  readonly specPath: JsonPath;
  readonly name: string;
  /** What the spec asks for: the last map of stride 2^level, or that of a stage. Exactly one is given. */
  readonly level?: number | undefined;
  readonly stage?: number | undefined;
  /** Undefined where the network has no such map, which a rule refuses. */
  readonly place?: FeaturePlace | undefined;
}

/** Where in a network a feature map is. */
export interface FeaturePlace {
  /** The map of the stem's convolutions, before its pooling; of the whole stem; of a block. */
  readonly after: "stem-convolutions" | "stem" | { readonly stage: number; readonly index: number };
  /** Pixels of the image that one of the map stands for, in both directions. */
  readonly stride: number;
  readonly channels: number;
}

/** The end of the stem: `max`, the largest of kernel×kernel pixels; `conv`, a convolution in its place. */
export interface ResolvedStemPool extends ResolvedPool {
  readonly type: "max" | "conv";
}

/** Windows of kernel×kernel pixels. */
export interface ResolvedPool {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: PoolPadding;
}

/** Where a block stands and what goes in and out: true of every type. */
export interface ResolvedPlace {
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
  readonly attention?: AttentionOptions | undefined;
  /** Where in the block the gate stands; undefined where it has none. */
  readonly attentionPosition?: AttentionPosition | undefined;
}

/** kernel×kernel convolution, normalisation, activation. */
export interface ResolvedConvBlock extends LayerDefaults, ResolvedPlace {
  readonly block: "conv-norm-act";
  readonly kernel: number;
  readonly groups: number;
}

/** kernel×kernel depthwise, attention, 1×1 pointwise (MobileNetV1; EfficientNet's first stage). */
export interface ResolvedDepthwiseSeparable extends LayerDefaults, ResolvedPlace {
  readonly block: "depthwise-separable";
  readonly kernel: number;
  /** Whether an activation follows the pointwise layer (MobileNetV1; timm's `dsa`). */
  readonly pointwiseActivation: boolean;
}

/** 1×1 expansion, kernel×kernel depthwise, attention, 1×1 projection (MobileNetV2; MBConv). */
export interface ResolvedInvertedResidual extends LayerDefaults, ResolvedPlace {
  readonly block: "inverted-residual";
  /** Side of the depthwise kernels; of the largest where there are several. */
  readonly kernel: number;
  /** Sides of several kernels, each for an equal part of the channels (MixConv); undefined for one. */
  readonly kernels?: readonly number[] | undefined;
  /** Groups of the two 1×1 convolutions. */
  readonly expandGroups: number;
  readonly projectGroups: number;
  /** Channels after the expansion. With `expands` false there is no expansion layer and they are the input's. */
  readonly expandedChannels: number;
  readonly expands: boolean;
}

/** kernel×kernel expansion, attention, 1×1 projection (EfficientNetV2's Fused-MBConv; EdgeTPU). */
export interface ResolvedFusedInvertedResidual extends LayerDefaults, ResolvedPlace {
  readonly block: "fused-inverted-residual";
  readonly kernel: number;
  readonly expandedChannels: number;
}

/**
 * How a residual block's shortcut becomes as large as its branch, where the shapes differ. `conv`: 1×1 convolution with
 * the block's stride. `average-pool`: average pooling with the stride, then 1×1 convolution. `conv-average-pool`: 1×1
 * convolution, normalisation and activation, then average pooling. `zero-pad`: every stride-th
 * pixel, and zeros for the channels that are missing; no parameters.
 */
export type Shortcut = "conv" | "average-pool" | "conv-average-pool" | "zero-pad";

interface ResidualBlock extends LayerDefaults, ResolvedPlace {
  /** Side of the spatial kernels. */
  readonly kernel: number;
  readonly shortcut: Shortcut;
  /** Side of the kernel of the shortcut's convolution. */
  readonly shortcutKernel: number;
  /** Normalisation and activation before each convolution instead of after it, and none after the sum. */
  readonly preactivation: boolean;
}

/** Two kernel×kernel convolutions and a shortcut (ResNet-18 and -34). */
export interface ResolvedBasic extends ResidualBlock {
  readonly block: "basic";
  /** Whether an activation follows the branch's last normalisation too. */
  readonly branchActivation: boolean;
}

/** 1×1 reduction, kernel×kernel, 1×1 expansion, and a shortcut (ResNet-50 and deeper; ResNeXt; Wide ResNet-50). */
export interface ResolvedBottleneck extends ResidualBlock {
  readonly block: "bottleneck";
  /** Channels of the first convolution. */
  readonly reducedChannels: number;
  /** Channels of the spatial convolution. */
  readonly bottleneckChannels: number;
  /** Groups of the spatial convolution. */
  readonly groups: number;
  readonly strideAt: "reduce" | "spatial";
}

/**
 * A block that the spec defines: layers, a shortcut that is added to them, and layers after the sum. `residual`: whether
 * it has a shortcut; an empty one is the input itself.
 */
export interface ResolvedDefined extends LayerDefaults, ResolvedPlace {
  readonly block: "defined";
  /** The definition's name. */
  readonly definition: string;
  readonly layers: readonly ResolvedLayer[];
  readonly shortcut?: readonly ResolvedLayer[] | undefined;
  readonly after: readonly ResolvedLayer[];
}

/** A block of a type that ecagen brings along. */
export type ResolvedBuiltIn =
  | ResolvedConvBlock
  | ResolvedDepthwiseSeparable
  | ResolvedInvertedResidual
  | ResolvedFusedInvertedResidual
  | ResolvedBasic
  | ResolvedBottleneck;

export type ResolvedBlock = ResolvedBuiltIn | ResolvedDefined;

/** The words for the blocks that ecagen brings along. */
export type BlockType = ResolvedBuiltIn["block"];

/** The last 1×1 convolution, global pooling, dropout and the linear classifier. */
export interface ResolvedHead extends LayerDefaults {
  readonly specPath: JsonPath;
  /** Whether it begins with normalisation and activation, as preactivation networks need. */
  readonly preactivation: boolean;
  /** Whether the pooling comes before the convolution, which then has no normalisation (MobileNetV3). */
  readonly poolFirst: boolean;
  /** Whether the convolution after the pooling has a bias. */
  readonly bias: boolean;
  /** Channels of the last convolution; undefined for none. */
  readonly channels?: number | undefined;
  readonly dropout: number;
  readonly classes: number;
}
