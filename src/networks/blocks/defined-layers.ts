import { Defect } from "../../base/diagnostic.js";
import type { AttentionSite } from "../../ir/attention/module.js";
import type { Value } from "../../ir/graph.js";
import { initializations, startAtOne, startAtZero } from "../../ir/initializers.js";
import type { AttributesInput } from "../../ir/ops/registry.js";
import { elementCount, gatedChannels, mapChannels, placesOf } from "../../ir/types.js";
import { constantWeight } from "../../ir/weight.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type {
  DefinedBody,
  PerAxis,
  ResolvedConvTranspose,
  ResolvedLayer,
  ResolvedLayerNorm,
} from "../../language/definitions/resolved-layers.js";
import { INPUT_VALUE } from "../../language/values.js";
import { joinMaps, numberOf } from "./joins.js";
import { type Builder, channelsLast, type DefinedSite, type LayersOf, named } from "./layer-builders.js";
import type { LayerBuilder } from "./layers.js";
import { movingBuilders } from "./moving-layers.js";

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

/** What is built of a defined block, which stands in a stage or among other layers. */
type BuiltDefined = LayersOf & DefinedBody & Pick<ResolvedDefined, "dropPath">;

/**
 * A block that the spec defines:
 *
 *     y = after(layers(x) + shortcut(x))        without a shortcut: after(layers(x))
 */
export function buildDefined(layers: LayerBuilder, x: Value, block: BuiltDefined): Value {
  const entering = layers.attention(x, "pre", block);
  const site = { block, values: new Map([[INPUT_VALUE, entering]]) };
  const build = (list: readonly ResolvedLayer[], from: Value): Value => buildList(layers, from, list, site);
  const branch = build(block.layers, entering);
  const shortcut =
    block.shortcut && shortcutOf(layers, x, block, (from) => build(block.shortcut ?? [], from));
  const sum = layers.sum(branch, shortcut, block);
  return layers.attention(build(block.after, sum), "post", block);
}

function shortcutOf(
  layers: LayerBuilder,
  x: Value,
  block: BuiltDefined,
  build: (from: Value) => Value,
): Value {
  return layers.attention(build(layers.attention(x, "identity-input", block)), "identity", block);
}

/** How each kind of layer becomes ops; a kind without a line is a compile error. */
const layerBuilders: { readonly [K in ResolvedLayer["layer"]]: Builder<K> } = {
  ...movingBuilders,
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
    if (layer.kind === "group") return groupNorm(layers, x, layer, epsilon);
    return layers.norm(x, layer.name, { ...block, norm: { ...block.norm, epsilon }, endsBranch: false });
  },
  activation: (layers, x, { name, activation }) => layers.op(activation, [x], {}, name),
  "leaky-relu": (layers, x, { name, slope }) => layers.op("leaky_relu", [x], { slope }, name),
  prelu: (layers, x, { name }) =>
    layers.op("prelu", [x, perChannel(layers, x, `${name}/slope`, PRELU_SLOPE)], {}, name),
  scale(layers, x, { name, factor, trained }) {
    return layers.op("mul", [x, factorOf(layers, x, `${name}/factor`, factor, trained)], {}, name);
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
  attention: (layers, x, { name, gates }, { block }) =>
    layers.attention(x, "spatial", { ...block, gates: gates ?? block.gates }, name),
  block: (layers, x, { name, layer: _, ...body }, { block }) =>
    buildDefined(layers.below(name), x, { ...block, ...body, dropPath: 0 }),
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

/** Starts as a convolution of as many inputs does. Named `layer/conv`. */
function convTranspose(
  layers: LayerBuilder,
  x: Value,
  { name, channels, kernel, stride, padding, outputPadding, groups, bias }: ResolvedConvTranspose,
  { initialization }: LayersOf,
): Value {
  const [, inputs] = mapChannels(x.type, "x");
  const init = initializations[initialization];
  const dims = [inputs, channels / groups, ...kernel];
  const operands = [x, layers.parameter(`${name}/conv/weight`, dims, init.conv(groups))];
  // PyTorch counts so.
  const fanIn = elementCount(dims.slice(1));
  if (bias) operands.push(layers.parameter(`${name}/conv/bias`, [channels], init.convBias(fanIn)));
  const [rows, columns] = both(padding);
  const attributes: AttributesInput<"conv_transpose"> = {
    strides: both(stride),
    pads: [rows, columns, rows, columns],
    outputPadding: both(outputPadding),
    group: groups,
  };
  return layers.op("conv_transpose", operands, attributes, `${name}/conv`);
}

/** Height and width, of a layer that only maps have. */
function both([height, width = height]: PerAxis): [height: number, width: number] {
  return [height, width];
}

/** Layer normalisation over the channels of each pixel, which ONNX has for the last axes only. Named `layer/norm`. */
function layerNorm(layers: LayerBuilder, x: Value, { name }: ResolvedLayerNorm, epsilon: number): Value {
  const [, channels] = gatedChannels(x.type, "x");
  const last = channelsLast(layers, x, `${name}/last`);
  const axis = last.type.dims.length - 1;
  const operands = [
    last,
    layers.parameter(`${name}/norm/weight`, [channels], startAtOne),
    layers.parameter(`${name}/norm/bias`, [channels], startAtZero),
  ];
  const normed = layers.op("layer_norm", operands, { axis, epsilon }, `${name}/norm`);
  const places = last.type.dims.slice(2).map((_, i) => i + 1);
  return layers.op("transpose", [normed], { permutation: [0, axis, ...places] }, `${name}/first`);
}

/**
 * Group normalisation: the elements of each group as one row of its own, then a scale and shift of each channel. So it is in every
 * opset; ONNX's GroupNormalization came late, and with other parameters at first.
 */
function groupNorm(
  layers: LayerBuilder,
  x: Value,
  { name, groups }: ResolvedLayerNorm,
  epsilon: number,
): Value {
  const shape = [0, ...x.type.dims.slice(1).map(Number)];
  const rows = layers.op("reshape", [x], { shape: [0, groups, -1] }, `${name}/groups`);
  const [one, zero] = [1, 0].map((value) =>
    layers.parameter(`${name}/groups/${value}`, [groups], (dims) => constantWeight(dims, value), "fixed"),
  ) as [Value, Value];
  const normed = layers.op("instance_norm", [rows, one, zero], { epsilon }, `${name}/norm`);
  const map = layers.op("reshape", [normed], { shape }, `${name}/map`);
  const scaled = layers.op(
    "mul",
    [map, perChannel(layers, x, `${name}/norm/weight`, 1)],
    {},
    `${name}/scale`,
  );
  return layers.op("add", [scaled, perChannel(layers, x, `${name}/norm/bias`, 0)], {}, `${name}/shift`);
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
  // A list of one number: files hold scalars for constants of the computation (`storedRole`).
  return layers.parameter(name, [1], (dims) => constantWeight(dims, factor));
}

/** A trained number for each channel of x, which all start alike. */
function perChannel(layers: LayerBuilder, x: Value, name: string, start: number): Value {
  const [, channels] = gatedChannels(x.type, "x");
  const dims = [channels, ...placesOf(x.type, "x").map(() => 1)];
  return layers.parameter(name, dims, (sizes) => constantWeight(sizes, start));
}
