import { formatJsonPath, type JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import type { AttentionSite } from "../../ir/attention/module.js";
import type { SelectionOptions } from "../../ir/attention/modules.js";
import { type GraphBuilder, located } from "../../ir/builder.js";
import type { Loc, Parameter, ParameterRole, Result, Value } from "../../ir/graph.js";
import { type Initializer, initializations, startAtOne, startAtZero } from "../../ir/initializers.js";
import type { AttributesInput, OpName } from "../../ir/ops/registry.js";
import { type DType, elementCount, expectDims, gatedChannels, placesOf, refuse } from "../../ir/types.js";
import { constantWeight, storedWeight, type WeightExpr } from "../../ir/weight.js";
import type { ResolvedPad, StandardizedWeights } from "../../language/definitions/resolved-layers.js";
import type { AttentionPosition } from "../../language/positions.js";
import type { LayerDefaults, ResolvedPosition } from "../../language/resolved-part.js";
import type { Conv, ConvNorm, Norm } from "./conv.js";
import { kernelOf, type LayerWindow, poolAttributes, windowOver } from "./windows.js";

/** What a block says of its gates. */
type Gated = Pick<LayerDefaults, "initialization"> &
  Pick<ResolvedPosition, "gates" | "inputChannels"> &
  Pick<AttentionSite, "stage">;

/** What a block says of its sum. */
type Residual = Gated & Pick<ResolvedPosition, "residual" | "dropPath">;

/** The layers that blocks are made of, inside the scope of one block. Layer names are paths below that scope. */
export class LayerBuilder {
  readonly #builder: GraphBuilder;
  readonly #loc: Loc;

  constructor(builder: GraphBuilder, loc: Loc) {
    this.#builder = builder;
    this.#loc = loc;
  }

  /** The same block, for layers that were written at another place of the spec. */
  writtenAt(specPath: JsonPath): LayerBuilder {
    const loc = { ...this.#loc, specPath: formatJsonPath(specPath) };
    return new LayerBuilder(this.#builder, loc);
  }

  /** Layers inside of a layer, whose names are paths below it. */
  below(layer: string): LayerBuilder {
    return new LayerBuilder(this.#builder, this.#at(layer));
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

  /** What `build` gives; what it refuses is said to be wrong of that layer. */
  checked<T>(layer: string, build: () => T): T {
    return located(this.#at(layer), build);
  }

  parameter(name: string, dims: readonly number[], init: Initializer, role?: ParameterRole): Parameter {
    return this.#parameter({ path: name }, dims, init, role);
  }

  /** Numbers that are not trained; those that are stored have the parameter's name as their label. */
  constant(name: string, data: (label: string) => WeightExpr, dtype: DType = "float32"): Parameter {
    const { scope } = this.#builder.sharedAt(this.#loc.scope) ?? this.#loc;
    const path = `${scope.slice(1)}/${name}`.replaceAll("/", ".");
    return this.#builder.parameterOf(path, data(path), "fixed", dtype);
  }

  /** A few numbers that are not trained: a vector, or a scalar. */
  numbers(name: string, values: number | readonly number[], dtype: DType = "float32"): Parameter {
    const list = [values].flat();
    const dims = typeof values === "number" ? [] : [list.length];
    return this.constant(name, (label) => storedWeight(dims, label, Float32Array.from(list)), dtype);
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
    const { channels, groups: group = 1, initialization } = conv;
    const init = initializations[initialization];
    const [, inputs] = gatedChannels(x.type, "x");
    const dims = [channels, inputs / group, ...kernelOf(x, conv.kernel)];
    const fanIn = elementCount(dims.slice(1));
    const weight = this.parameter(join(layer, "conv/weight"), dims, init.conv(group));
    const operands = [x, this.#standardized(weight, join(layer, "conv"), conv.standardized)];
    if (bias) operands.push(this.parameter(join(layer, "conv/bias"), [channels], init.convBias(fanIn)));
    const { rows, columns } = windowOver(x, conv);
    const { stride, dilation, before, after } = columns;
    const at = join(layer, "conv");
    if (rows === undefined) {
      return this.op("conv_1d", operands, { stride, pads: [before, after], dilation, group }, at);
    }
    return this.op(
      "conv",
      operands,
      {
        strides: [rows.stride, stride],
        pads: [rows.before, before, rows.after, after],
        dilations: [rows.dilation, dilation],
        group,
      },
      at,
    );
  }

  /** Batch normalisation, named `layer/norm`. */
  norm(x: Value, layer: string, { norm, initialization, endsBranch = false }: Norm): Result {
    const [, channels] = gatedChannels(x.type, "x");
    const scale = endsBranch ? initializations[initialization].lastScale : startAtOne;
    const parameter = (path: string, init: Initializer, role?: ParameterRole): Parameter =>
      this.#parameter({ norm: join(layer, "norm"), path }, [channels], init, role);
    const operands = [
      x,
      parameter("weight", scale),
      parameter("bias", startAtZero),
      parameter("running_mean", startAtZero, "buffer"),
      parameter("running_var", startAtOne, "buffer"),
    ];
    return this.op("batch_norm", operands, norm, join(layer, "norm"));
  }

  /** Maximum of windows of kernel×kernel pixels. */
  maxPool(x: Value, layer: string, window: LayerWindow): Result {
    return this.#inRow(x, layer, (map) =>
      this.op("max_pool", [map], poolAttributes(windowOver(x, window)), layer),
    );
  }

  /** Mean of windows of kernel×kernel pixels; of the padding too, if that counts. */
  avgPool(x: Value, layer: string, window: LayerWindow, { countPadding = false } = {}): Result {
    const attributes = { ...poolAttributes(windowOver(x, window)), countPadding };
    return this.#inRow(x, layer, (map) => this.op("avg_pool", [map], attributes, layer));
  }

  /** What `pool` makes of a map, or of a signal as a map with one row. */
  #inRow(x: Value, layer: string, pool: (map: Value) => Result): Result {
    const [length, isMap] = placesOf(x.type, "x");
    if (isMap !== undefined) return pool(x);
    const pooled = pool(this.op("reshape", [x], { shape: [0, 0, 1, Number(length)] }, `${layer}/row`));
    const left = Number(pooled.type.dims[3]);
    return this.op("reshape", [pooled], { shape: [0, 0, left] }, `${layer}/signal`);
  }

  /**
   * The map with zeros, or its mirrored edge, before and after each axis; of less than nothing, so many places are cut off. The
   * zeros come first: ONNX Runtime fuses a Pad with a pooling that follows it, also where the result is no pooling.
   */
  framed(x: Value, layer: string, { pads, reflects }: Pick<ResolvedPad, "pads" | "reflects">): Value {
    const axes = pads.length / 2;
    const added = pads.map((pad) => Math.max(0, pad));
    const attributes = { before: [0, 0, ...added.slice(0, axes)], after: [0, 0, ...added.slice(axes)] };
    const kind = reflects ? "reflect_pad" : "pad";
    let framed = added.some((pad) => pad > 0) ? this.op(kind, [x], attributes, layer) : x;
    const names = axes === 1 ? ["places"] : ["rows", "columns"];
    names.forEach((name, i) => {
      const [before = 0, after = 0] = [pads[i], pads[i + axes]];
      if (before >= 0 && after >= 0) return;
      const axis = i + 2;
      const size = Number(framed.type.dims[axis]);
      const [start, end] = [Math.max(0, -before), size - Math.max(0, -after)];
      framed = located(this.#at(layer), () => {
        if (end <= start) refuse(`${start + size - end} pixels can't be cut off a map of ${size} ${name}`);
        return this.op("slice", [framed], { axis, start, end }, join(layer, name));
      });
    });
    return framed;
  }

  /** Attention between the maps that x has one after the other. */
  selection(x: Value, options: SelectionOptions, site: AttentionSite, layer: string): Result {
    return this.#builder.attention(x, options, site, this.#at(layer));
  }

  /** x behind the gates that the block has at that position, one after the other. @param layer what they stand below */
  attention(x: Value, position: AttentionPosition, block: Gated, layer = ""): Value {
    const { inputChannels, stage, initialization } = block;
    const gates = block.gates.filter((gate) => gate.position === position);
    if (gates.length === 0) return x;
    const [, channels] = gatedChannels(x.type, "x");
    const [height, width] = placesOf(x.type, "x");
    const site: AttentionSite = {
      channels,
      blockInputChannels: inputChannels,
      map: height === undefined || width === undefined ? undefined : [height, width],
      stage,
      initialization,
    };
    return gates.reduce<Value>((entering, { options, residual, layer: own }) => {
      const path = join(layer, own);
      const gated = this.#builder.attention(entering, options, site, this.#at(path));
      return residual ? this.add(gated, entering, join(path, "residual")) : gated;
    }, x);
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
    return this.add(kept, shortcut, "add");
  }

  /** a + b of maps that are equally large; the op alone would repeat a map of one pixel. */
  add(a: Value, b: Value, layer: string): Result {
    return this.#ofEqualMaps("add", a, b, layer);
  }

  /** a · b of maps that are equally large. */
  multiply(a: Value, b: Value, layer: string): Result {
    return this.#ofEqualMaps("mul", a, b, layer);
  }

  #ofEqualMaps(kind: "add" | "mul", a: Value, b: Value, layer: string): Result {
    return located(this.#at(layer), () => {
      expectDims(b.type, a.type.dims, kind === "add" ? "what is added" : "what is multiplied");
      return this.op(kind, [a, b], {}, layer);
    });
  }

  #standardized(weight: Parameter, layer: string, how: StandardizedWeights | undefined): Value {
    if (how === undefined) return weight;
    const { epsilon, scaled, gain } = how;
    const operands = [weight];
    const inputs = elementCount(weight.data.dims.slice(1));
    const factor = scaled ? how.factor / Math.sqrt(inputs) : how.factor;
    if (gain !== undefined) {
      const dims = weight.data.dims.map((size, axis) => (axis === 0 ? size : 1));
      operands.push(this.parameter(`${layer}/gain`, dims, () => constantWeight(dims, gain)));
    }
    return this.op("standardized_weight", operands, { epsilon, factor }, `${layer}/standardized`);
  }

  #at(layer: string): Loc {
    return { ...this.#loc, scope: `${this.#loc.scope}/${layer}` };
  }

  #parameter(
    path: { readonly norm?: string; readonly path: string },
    dims: readonly number[],
    init: Initializer,
    role?: ParameterRole,
  ): Parameter {
    return located(this.#loc, () => this.#builder.parameterAt(this.#loc.scope, path, dims, init, role));
  }
}

function join(layer: string, part: string): string {
  return [layer, part].filter((each) => each !== "").join("/");
}
