import type { JsonPath } from "../base/json-path.js";
import type { ActivationName } from "../ir/activations.js";
import type { AttentionOptions } from "../ir/attention/modules.js";
import type { InitializationName } from "../ir/initializers.js";
import type { AttentionPosition } from "./positions.js";
import type { Reading } from "./values.js";

// What the parts of a resolved spec have in common: stem, blocks and head.

export interface ResolvedNorm {
  readonly epsilon: number;
  readonly momentum: number;
}

/**
 * `symmetric`: the same zeros on both sides, ((stride - 1) + (kernel - 1)) / 2 rounded down, as PyTorch does.
 * `same`: TensorFlow's, the output is ceil(input / stride), the odd zero comes after.
 */
export type Padding = "symmetric" | "same";

/**
 * As `Padding`; `ceil`: nothing before, and as much after as the last window that begins inside the map needs
 * (PyTorch's ceil_mode).
 */
export type PoolPadding = Padding | "ceil";

/** What every layer of a block needs to know. */
export interface LayerDefaults {
  readonly activation: ActivationName;
  readonly norm: ResolvedNorm;
  readonly padding: Padding;
  readonly initialization: InitializationName;
}

/** Windows of kernel×kernel pixels. */
export interface ResolvedPool {
  readonly kernel: number;
  readonly stride: number;
  readonly padding: PoolPadding;
}

/**
 * A map of the network: its input, that of the stem's convolutions before its pooling, that of the whole stem, of a block, or one
 * that a layer of the neck names.
 */
export type MapSource =
  | "input"
  | "stem-convolutions"
  | "stem"
  | { readonly stage: number; readonly index: number }
  | { readonly neck: string };

/** Where a block stands and what goes in and out: true of every type. */
export interface ResolvedPosition {
  readonly specPath: JsonPath;
  readonly stage: number;
  readonly index: number;
  /** The maps that the block begins with; left out, the result of the block before it. */
  readonly reads?: Reading<MapSource> | undefined;
  readonly inputChannels: number;
  /** Output channels. */
  readonly channels: number;
  readonly stride: number;
  /** Whether the block adds its input to its output. */
  readonly residual: boolean;
  /** Probability of dropping the whole branch in training: stochastic depth, growing with the block's index. */
  readonly dropPath: number;
  /** Its gates, in the order of the spec; those that stand at one position follow each other in it. */
  readonly gates: readonly ResolvedGate[];
}

/** A gate of a block. */
export interface ResolvedGate {
  readonly options: AttentionOptions;
  readonly position: AttentionPosition;
  /** Whether the gate's input is added to its output. */
  readonly residual: boolean;
  /** Its scope below the block: `attention`; of a list the item's, `attention/1`. */
  readonly layer: string;
  /** Its place in the spec. */
  readonly specPath: JsonPath;
}
