import type { ActivationName } from "../ir/activations.js";
import type { AttentionOptions } from "../ir/attention/registry.js";
import type { GraphBuilder } from "../ir/builder.js";
import type { Loc, Parameter, Result, Value } from "../ir/graph.js";
import { fanOutNormal, type Initializer, startAtOne, startAtZero } from "../ir/initializers.js";
import type { AttributesInput, OpName } from "../ir/ops/registry.js";
import { featureMap } from "../ir/types.js";
import type { LayerDefaults, Padding } from "../spec/resolved.js";

/** A convolution with its normalisation. */
export interface ConvNorm extends Omit<LayerDefaults, "activation"> {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: number;
  readonly groups?: number;
}

interface GateSite {
  readonly attention?: AttentionOptions | undefined;
  readonly inputChannels: number;
  readonly stage: number;
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
    const { channels, kernel, stride, groups = 1, padding, norm } = conv;
    const [, inputs, height, width] = featureMap(x.type, "x");
    const [top, bottom] = padsFor(padding, height, kernel, stride);
    const [left, right] = padsFor(padding, width, kernel, stride);
    const dims = [channels, inputs / groups, kernel, kernel];
    const weight = this.parameter(join(layer, "conv/weight"), dims, fanOutNormal(groups));
    const y = this.op(
      "conv",
      [x, weight],
      { strides: [stride, stride], pads: [top, left, bottom, right], group: groups },
      join(layer, "conv"),
    );
    const buffer = (name: string, init: Initializer): Parameter =>
      this.#builder.parameter(this.#parameterName(join(layer, `norm/${name}`)), [channels], init, "buffer");
    const operands = [
      y,
      this.parameter(join(layer, "norm/weight"), [channels], startAtOne),
      this.parameter(join(layer, "norm/bias"), [channels], startAtZero),
      buffer("running_mean", startAtZero),
      buffer("running_var", startAtOne),
    ];
    return this.op("batch_norm", operands, norm, join(layer, "norm"));
  }

  /** The block's gate over x; x itself where the block has none. */
  attention(x: Value, { attention, inputChannels, stage }: GateSite): Value {
    if (attention === undefined) return x;
    const [, channels, height, width] = featureMap(x.type, "x");
    const site = { channels, blockInputChannels: inputChannels, map: [height, width], stage } as const;
    return this.#builder.attention(x, attention, site, this.#at("attention"));
  }

  /** branch + x where the block is residual, with the branch's drop path; else the branch. */
  residual(x: Value, branch: Value, block: { readonly residual: boolean; readonly dropPath: number }): Value {
    if (!block.residual) return branch;
    const kept =
      block.dropPath > 0 ? this.op("drop_path", [branch], { rate: block.dropPath }, "drop_path") : branch;
    return this.op("add", [kept, x], {}, "add");
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

/** Zeros before and after one axis. `same` is TensorFlow's: output = ceil(size / stride), the odd zero after. */
function padsFor(padding: Padding, size: number, kernel: number, stride: number): [number, number] {
  if (padding === "symmetric") {
    const each = Math.floor((stride - 1 + kernel - 1) / 2);
    return [each, each];
  }
  const total = Math.max(0, (Math.ceil(size / stride) - 1) * stride + kernel - size);
  return [Math.floor(total / 2), Math.ceil(total / 2)];
}
