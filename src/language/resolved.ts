import type { JsonPath } from "../base/json-path.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import type { ResolvedBlock } from "./blocks/registry.js";
import type { ResolvedDetection } from "./detection/resolved.js";
import type { NetworkInput } from "./input.js";
import type { ResolvedMapHead, ResolvedNeck } from "./neck/resolved.js";
import type { Preprocessing } from "./preprocessing.js";
import type { LayerDefaults, MapSource, ResolvedPool } from "./resolved-part.js";
import type { WeightNames } from "./weight-names.js";

/**
 * A spec with all defaults filled in: `extends` merged, repeats expanded, channels and depths scaled and rounded,
 * defaults filled in. What comes after the spec sees only this form, and `ecagen resolve --json` prints it.
 */
export interface ResolvedSpec {
  readonly name: string;
  readonly description?: string | undefined;
  /** The family of networks that it belongs to. */
  readonly family?: string | undefined;
  readonly input: NetworkInput;
  /** Undefined if the first stage reads the image. */
  readonly stem?: ResolvedStem | undefined;
  /** The blocks in order, each with its stage and its index in it. */
  readonly blocks: readonly ResolvedBlock[];
  /** The layers between the blocks and the heads. */
  readonly neck?: ResolvedNeck | undefined;
  /** Heads that are applied to several maps; absent if there are none. */
  readonly heads?: readonly ResolvedMapHead[] | undefined;
  /** How the heads' results become boxes. */
  readonly detection?: ResolvedDetection | undefined;
  /** The classifier; undefined for a network without one. */
  readonly head?: ResolvedHead | undefined;
  /** Feature maps that are outputs, in order. */
  readonly features: readonly ResolvedFeature[];
  /** Preprocessing of images; undefined for a network of signals. */
  readonly preprocessing?: Preprocessing | undefined;
  /** The names of the classes, in the order of the outputs. */
  readonly labels?: readonly string[] | undefined;
  /** Names of its layers in weight files, if the spec has them. */
  readonly names?: WeightNames | undefined;
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
  readonly productMacs?: number | undefined;
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

/** A feature map that is an output of the network. */
export interface ResolvedFeature {
  readonly specPath: JsonPath;
  readonly name: string;
  /** What the spec asks for: the last map of stride 2^level, that of a stage, or a named one. Exactly one is given. */
  readonly level?: number | undefined;
  readonly stage?: number | undefined;
  readonly from?: string | undefined;
  /** Undefined where the network has no such map, which a rule refuses. */
  readonly place?: FeatureSource | undefined;
}

/** Where in a network a feature map is. */
export interface FeatureSource {
  readonly after: MapSource;
  /** Pixels of the image that one of the map stands for, in both directions. */
  readonly stride: number;
  readonly channels: number;
}

/** The end of the stem: `max`, the largest of kernel×kernel pixels; `conv`, a convolution instead. */
export interface ResolvedStemPool extends ResolvedPool {
  readonly type: "max" | "conv";
}

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
