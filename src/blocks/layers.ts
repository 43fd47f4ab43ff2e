import type { ActivationName } from "../ir/activations.js";
import type { AttentionSite } from "../ir/attention/module.js";
import type { AttentionOptions } from "../ir/attention/registry.js";
import type { GraphBuilder } from "../ir/builder.js";
import type { Loc, Parameter, Result, Value } from "../ir/graph.js";
import { type Initializer, initializations, startAtOne, startAtZero } from "../ir/initializers.js";
import type { AttributesInput, OpName } from "../ir/ops/registry.js";
import { featureMap } from "../ir/types.js";
import type { AttentionPosition } from "../spec/positions.js";
import type { LayerDefaults, PoolPadding, ResolvedPool } from "../spec/resolved.js";

/** A convolution: its output channels, and what its weight and padding follow from. */
export interface Conv extends Pick<LayerDefaults, "initialization"> {
  readonly padding: PoolPadding;
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly groups?: number;
}

/** A normalisation. */
export interface Norm extends Pick<LayerDefaults, "norm" | "initialization"> {
  /** Whether it ends the branch of a residual block, which decides how its scale starts. */
  readonly endsBranch?: boolean;
}

/** A convolution with its normalisation. */
export interface ConvNorm extends Conv, Norm {}

/** What a block says of its gate. */
export interface Gated extends Pick<LayerDefaults, "initialization"> {
  readonly attention?: AttentionOptions | undefined;
  readonly attentionPosition?: AttentionPosition | undefined;
  readonly inputChannels: number;
  readonly stage: number;
}

/** What a block says of its sum. */
export interface Residual extends Gated {
  readonly residual: boolean;
  readonly dropPath: number;
}

/** The layers that blocks are made of, inside the scope of one block. Layer names are paths below that scope. */
export class LayerBuilder {
  readonly #builder: GraphBuilder;
  readonly #loc: Loc;

  constructor(builder: GraphBuilder, loc: Loc) {
    this.#builder = builder;
    this.#loc = loc;
  }

  /** Adds an op; its result is named after the layer's scope, or `name`. */
  op<N extends OpName>(
    kind: N,
    operands: readonly Value[],
    attributes: AttributesInput<N>,
    layer: string,
    name?: string,
  ): Result {
    return this.#builder.op(kind, operands, attributes, this.#at(layer), name);
  }

  parameter(name: string, dims: readonly number[], init: Initializer): Parameter {
    return this.#builder.parameter(this.#parameterName(name), dims, init);
  }

  /** conv (no bias) → norm → activation, named `layer/conv`, `layer/norm` and `layer/act`. */
  convNormAct(x: Value, layer: string, conv: ConvNorm & { readonly activation: ActivationName }): Result {
    return this.op(conv.activation, [this.convNorm(x, layer, conv)], {}, join(layer, "act"));
  }

  /** conv (no bias) → norm. */
  convNorm(x: Value, layer: string, conv: ConvNorm): Result {
    return this.norm(this.conv(x, layer, conv), layer, conv);
  }

  /** norm → activation, named as a convolution's of the same layer. */
  normAct(x: Value, layer: string, norm: Norm & { readonly activation: ActivationName }): Result {
    return this.op(norm.activation, [this.norm(x, layer, norm)], {}, join(layer, "act"));
  }

  /** kernel×kernel convolution, without a bias unless said otherwise; named `layer/conv`. */
  conv(x: Value, layer: string, conv: Conv, { bias = false } = {}): Result {
    const { channels, kernel, stride, groups = 1, padding, initialization } = conv;
    const init = initializations[initialization];
    const [, inputs, height, width] = featureMap(x.type, "x");
    const [top, bottom] = padsFor(padding, height, kernel, stride);
    const [left, right] = padsFor(padding, width, kernel, stride);
    const dims = [channels, inputs / groups, kernel, kernel];
    const fanIn = (inputs / groups) * kernel * kernel;
    const operands = [x, this.parameter(join(layer, "conv/weight"), dims, init.conv(groups))];
    if (bias) operands.push(this.parameter(join(layer, "conv/bias"), [channels], init.convBias(fanIn)));
    return this.op(
      "conv",
      operands,
      { strides: [stride, stride], pads: [top, left, bottom, right], group: groups },
      join(layer, "conv"),
    );
  }

  /** Batch normalisation, named `layer/norm`. */
  norm(x: Value, layer: string, { norm, initialization, endsBranch = false }: Norm): Result {
    const [, channels] = featureMap(x.type, "x");
    const scale = endsBranch ? initializations[initialization].lastScale : startAtOne;
    const buffer = (name: string, init: Initializer): Parameter =>
      this.#builder.parameter(this.#parameterName(join(layer, `norm/${name}`)), [channels], init, "buffer");
    const operands = [
      x,
      this.parameter(join(layer, "norm/weight"), [channels], scale),
      this.parameter(join(layer, "norm/bias"), [channels], startAtZero),
      buffer("running_mean", startAtZero),
      buffer("running_var", startAtOne),
    ];
    return this.op("batch_norm", operands, norm, join(layer, "norm"));
  }

  /** Maximum or mean of windows of kernel×kernel pixels. */
  pool(
    kind: "max_pool" | "avg_pool",
    x: Value,
    layer: string,
    { kernel, stride, padding }: ResolvedPool,
  ): Result {
    const [, , height, width] = featureMap(x.type, "x");
    const [top, bottom] = padsFor(padding, height, kernel, stride);
    const [left, right] = padsFor(padding, width, kernel, stride);
    return this.op(
      kind,
      [x],
      { kernel: [kernel, kernel], strides: [stride, stride], pads: [top, left, bottom, right] },
      layer,
    );
  }

  /** The block's gate over x, if that is where the block has it; else x itself. */
  attention(x: Value, position: AttentionPosition, block: Gated): Value {
    const { attention, attentionPosition, inputChannels, stage, initialization } = block;
    if (attention === undefined || attentionPosition !== position) return x;
    const [, channels, height, width] = featureMap(x.type, "x");
    const site: AttentionSite = {
      channels,
      blockInputChannels: inputChannels,
      map: [height, width],
      stage,
      initialization,
    };
    return this.#builder.attention(x, attention, site, this.#at("attention"));
  }

  /**
   * branch + x where the block is residual, else the branch; with the gates that stand in shortcut and sum. The
   * shortcut is x itself: the shapes must be equal.
   */
  residual(x: Value, branch: Value, block: Residual): Value {
    const shortcut = block.residual ? this.attention(x, "identity", block) : undefined;
    return this.attention(this.sum(branch, shortcut, block), "post", block);
  }

  /** branch + shortcut, with the gate and the drop path at the branch's end; the branch alone without a shortcut. */
  sum(branch: Value, shortcut: Value | undefined, block: Residual): Value {
    const gated = this.attention(branch, "standard", block);
    if (shortcut === undefined) return gated;
    const kept =
      block.dropPath > 0 ? this.op("drop_path", [gated], { rate: block.dropPath }, "drop_path") : gated;
    return this.op("add", [kept, shortcut], {}, "add");
  }

  #at(layer: string): Loc {
    return { ...this.#loc, scope: `${this.#loc.scope}/${layer}` };
  }

  #parameterName(path: string): string {
    return `${this.#loc.scope.slice(1)}/${path}`.replaceAll("/", ".");
  }
}

function join(layer: string, part: string): string {
  return layer === "" ? part : `${layer}/${part}`;
}

/** Places before and after one axis of a map; `Padding` and `PoolPadding` say what each word means. */
function padsFor(padding: PoolPadding, size: number, kernel: number, stride: number): [number, number] {
  if (padding === "symmetric") {
    const each = Math.floor((stride - 1 + kernel - 1) / 2);
    return [each, each];
  }
  const begun = Math.ceil(size / stride);
  const outputs = padding === "same" ? begun : Math.min(begun, Math.ceil((size - kernel) / stride) + 1);
  const total = Math.max(0, (outputs - 1) * stride + kernel - size);
  return padding === "same" ? [Math.floor(total / 2), Math.ceil(total / 2)] : [0, total];
}
