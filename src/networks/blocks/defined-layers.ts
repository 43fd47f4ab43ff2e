import { Defect } from "../../base/diagnostic.js";
import type { AttentionSite } from "../../ir/attention/module.js";
import type { Value } from "../../ir/graph.js";
import { initializations, startAtOne, startAtZero } from "../../ir/initializers.js";
import { featureMap } from "../../ir/types.js";
import { constantWeight } from "../../ir/weight.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type {
  ResolvedConvTranspose,
  ResolvedLayer,
  ResolvedLayerNorm,
} from "../../language/definitions/resolved-layers.js";
import { joinMaps, numberOf } from "./joins.js";
import type { LayerBuilder } from "./layers.js";

/** A block whose layers are built, and the values that they have named so far. */
interface DefinedSite {
  readonly block: ResolvedDefined;
  readonly values: Map<string, Value>;
}

type Builder<K extends ResolvedLayer["layer"]> = (
  layers: LayerBuilder,
  x: Value,
  layer: Extract<ResolvedLayer, { readonly layer: K }>,
  site: DefinedSite,
) => Value;

/** Builds a list of layers over x, one after the other. */
export function buildList(
  layers: LayerBuilder,
  x: Value,
  list: readonly ResolvedLayer[],
  site: DefinedSite,
): Value {
  return list.reduce((value, layer) => {
    const build = layerBuilders[layer.layer] as Builder<ResolvedLayer["layer"]>;
    return build(layers.writtenAt(layer.specPath), value, layer, site);
  }, x);
}

/** How each kind of layer becomes ops; a kind without a line is a compile error. */
const layerBuilders: { readonly [K in ResolvedLayer["layer"]]: Builder<K> } = {
  conv(layers, x, { name, bias, norm, activation, ...conv }, { block }) {
    const { initialization, norm: normalization } = block;
    const y = layers.conv(x, name, { ...conv, initialization }, { bias });
    const { endsBranch } = conv;
    const normed = norm ? layers.norm(y, name, { norm: normalization, initialization, endsBranch }) : y;
    return activation === undefined ? normed : layers.op(activation, [normed], {}, `${name}/act`);
  },
  "conv-transpose"(layers, x, layer, { block }) {
    const { name, norm, activation } = layer;
    const y = convTranspose(layers, x, layer, block);
    const normed = norm ? layers.norm(y, name, { ...block, endsBranch: false }) : y;
    return activation === undefined ? normed : layers.op(activation, [normed], {}, `${name}/act`);
  },
  norm(layers, x, layer, { block }) {
    const epsilon = layer.epsilon ?? block.norm.epsilon;
    if (layer.kind === "layer") return layerNorm(layers, x, layer, epsilon);
    return layers.norm(x, layer.name, { ...block, norm: { ...block.norm, epsilon }, endsBranch: false });
  },
  activation: (layers, x, { name, activation }) => layers.op(activation, [x], {}, name),
  prelu: (layers, x, { name }) =>
    layers.op("prelu", [x, perChannel(layers, x, `${name}/slope`, PRELU_SLOPE)], {}, name),
  pool: (layers, x, { name, kind, countPadding, ...window }) =>
    kind === "max" ? layers.maxPool(x, name, window) : layers.avgPool(x, name, window, { countPadding }),
  pad: (layers, x, { name, pads }) => layers.framed(x, name, pads),
  scale(layers, x, { name, factor, trained }) {
    return layers.op("mul", [x, factorOf(layers, x, `${name}/factor`, factor, trained)], {}, name);
  },
  upsample(layers, x, { name, factor, to, mode }, { values }) {
    const [, , height, width] = featureMap(x.type, "x");
    const [, , wantedHeight, wantedWidth] =
      to === undefined ? [] : featureMap(named(values, to).type, "the map that it gets as large as");
    const scales = factor ?? [Number(wantedHeight) / Number(height), Number(wantedWidth) / Number(width)];
    return layers.op("resize", [x], { scales: [1, 1, ...scales], ...UPSAMPLING[mode] }, name);
  },
  slice: (layers, x, { name, start, end }) => layers.op("slice", [x], { axis: 1, start, end }, name),
  shuffle(layers, x, { name, groups }) {
    const [, channels, height, width] = featureMap(x.type, "x");
    const each = channels / groups;
    const split = layers.op(
      "reshape",
      [x],
      { shape: [0, groups, each, Number(height), Number(width)] },
      `${name}/split`,
    );
    const turned = layers.op("transpose", [split], { permutation: [0, 2, 1, 3, 4] }, `${name}/turn`);
    return layers.op(
      "reshape",
      [turned],
      { shape: [0, channels, Number(height), Number(width)] },
      `${name}/merge`,
    );
  },
  read(layers, _x, { name, reading }, { values }) {
    const [first, ...others] = reading.names.map((each) => named(values, each));
    if (first === undefined) throw new Defect(`${name} reads nothing`);
    return joinMaps(layers, [first, ...others], reading.how, name);
  },
  keep(_layers, x, { as }, { values }) {
    values.set(as, x);
    return x;
  },
  attention: (layers, x, { name }, { block }) => layers.attention(x, "spatial", block, name),
  branches(layers, x, { name, input, branches, join: how, channels }, site) {
    const share = Number(x.type.dims[1]) / branches.length;
    const results = branches.map((branch, i) => {
      const part = { axis: 1, start: i * share, end: (i + 1) * share };
      const from = input === "whole" ? x : layers.op("slice", [x], part, `${name}/split/${i}`);
      return buildList(layers, from, branch, site);
    });
    const [first, ...others] = results;
    if (first === undefined) throw new Defect(`${name} has no branches`);
    if (others.length === 0 || typeof how === "string") {
      return joinMaps(layers, [first, ...others], typeof how === "string" ? how : "concat", name);
    }
    const stacked = layers.op("concat", results, { axis: 1 }, `${name}/paths`);
    const { inputChannels, stage, initialization } = site.block;
    const selected: AttentionSite = {
      channels,
      blockInputChannels: inputChannels,
      paths: results.length,
      stage,
      initialization,
    };
    return layers.selection(stacked, how, selected, `${name}/select`);
  },
};

/** What a PReLU's slopes start with, as in the paper's section 2.1. */
const PRELU_SLOPE = 0.25;

/** How PyTorch's `interpolate` finds pixels, in ONNX's words. */
const UPSAMPLING = {
  nearest: { mode: "nearest", coordinates: "asymmetric", rounding: "floor" },
  bilinear: { mode: "linear", coordinates: "half_pixel" },
} as const;

function named(values: ReadonlyMap<string, Value>, name: string): Value {
  const value = values.get(name);
  if (value === undefined) throw new Defect(`the block has no value "${name}"`);
  return value;
}

/** Starts as a convolution of as many inputs does. Named `layer/conv`. */
function convTranspose(
  layers: LayerBuilder,
  x: Value,
  { name, channels, kernel, stride, padding, outputPadding, groups, bias }: ResolvedConvTranspose,
  { initialization }: ResolvedDefined,
): Value {
  const [, inputs] = featureMap(x.type, "x");
  const init = initializations[initialization];
  const dims = [inputs, channels / groups, ...kernel];
  const operands = [x, layers.parameter(`${name}/conv/weight`, dims, init.conv(groups))];
  // PyTorch counts so.
  const fanIn = (channels / groups) * kernel[0] * kernel[1];
  if (bias) operands.push(layers.parameter(`${name}/conv/bias`, [channels], init.convBias(fanIn)));
  const [rows, columns] = padding;
  const attributes = {
    strides: [...stride] as [number, number],
    pads: [rows, columns, rows, columns] as [number, number, number, number],
    outputPadding: [...outputPadding] as [number, number],
    group: groups,
  };
  return layers.op("conv_transpose", operands, attributes, `${name}/conv`);
}

/** Layer normalisation over the channels of each pixel, which ONNX has for the last axes only. Named `layer/norm`. */
function layerNorm(layers: LayerBuilder, x: Value, { name }: ResolvedLayerNorm, epsilon: number): Value {
  const [, channels] = featureMap(x.type, "x");
  const last = layers.op("transpose", [x], { permutation: [0, 2, 3, 1] }, `${name}/last`);
  const operands = [
    last,
    layers.parameter(`${name}/norm/weight`, [channels], startAtOne),
    layers.parameter(`${name}/norm/bias`, [channels], startAtZero),
  ];
  const normed = layers.op("layer_norm", operands, { axis: 3, epsilon }, `${name}/norm`);
  return layers.op("transpose", [normed], { permutation: [0, 3, 1, 2] }, `${name}/first`);
}

function factorOf(
  layers: LayerBuilder,
  x: Value,
  name: string,
  factor: number,
  trained: "channels" | "map" | undefined,
): Value {
  if (trained === undefined) return numberOf(layers, name, factor);
  if (trained === "channels") return perChannel(layers, x, name, factor);
  return layers.parameter(name, [], (dims) => constantWeight(dims, factor));
}

/** A trained number for each channel of x, which all start alike. */
function perChannel(layers: LayerBuilder, x: Value, name: string, start: number): Value {
  const [, channels] = featureMap(x.type, "x");
  return layers.parameter(name, [channels, 1, 1], (dims) => constantWeight(dims, start));
}
