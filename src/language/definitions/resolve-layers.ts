import type { JsonPath } from "../../base/json-path.js";
import { elementCount } from "../../ir/types.js";
import { gatesOf } from "../gates.js";
import { joinedShape, type MapShape } from "../values.js";
import { LIMITS, type RefuseDefinition } from "./amounts.js";
import { type Amount, NO_ACTIVATION, PADDINGS } from "./layer-fields.js";
import {
  type At,
  isKnown,
  type LayerContext,
  MAX_LAYERS,
  one,
  paddingOf,
  partOf,
  type ResolvedList,
  type Resolver,
  same,
} from "./layer-resolver.js";
import type { LayerKind, WrittenLayer } from "./layer-schema.js";
import { beginOf, keepOf } from "./named-values.js";
import { movingResolvers } from "./resolve-moving-layers.js";
import type { ResolvedBranches, ResolvedLayer, StandardizedWeights } from "./resolved-layers.js";

/** Resolves a list of layers over a map. `name`: the list's name below the block's scope. */
export function resolveLayers(
  layers: readonly WrittenLayer[],
  map: MapShape,
  path: JsonPath,
  name: string,
  context: LayerContext,
): ResolvedList {
  const resolved: ResolvedLayer[] = [];
  let leaving = map;
  layers.forEach((layer, i) => {
    const site = { path: [...path, i], name: `${name}/${nameOf(layer) ?? i}` };
    const begin = beginOf(layer.from, leaving, site, context.values);
    const at: At = { ...site, channelsIn: begin.map.channels, strideIn: begin.map.stride };
    if (!context.amounts.holds(layer.when, [...at.path, "when"], at.channelsIn)) return;
    begin.problems.forEach(context.refuse);
    const before = resolved.at(-1);
    if (begin.layers.length > 0 && before !== undefined && before.layer !== "keep") {
      const message = "nothing reads the result of the layer before this one";
      context.refuse({ path: [...at.path, "from"], message, hint: "name it with `as`, and read it, too" });
    }
    if (++context.count.layers > MAX_LAYERS) {
      if (context.count.layers === MAX_LAYERS + 1)
        context.refuse({ path: at.path, message: `the spec's own blocks have over ${MAX_LAYERS} layers` });
      return;
    }
    const resolve = layerResolvers[layer.layer] as (
      layer: WrittenLayer,
      at: At,
      context: LayerContext,
    ) => ResolvedList;
    const isPossible = context.axes === 2 || !ofMapsOnly.has(layer.layer);
    if (!isPossible) {
      const message = `"${layer.layer}" is of maps with height and width, and the input is a signal`;
      context.refuse({ path: at.path, message });
    }
    const list = isPossible ? resolve(layer, at, context) : UNKNOWN_LIST;
    leaving = { channels: list.channels, stride: list.stride };
    if (layer.as !== undefined) context.values.set(layer.as, leaving);
    resolved.push(...begin.layers, ...list.layers, ...keepOf(layer.as, leaving, site));
  });
  return { layers: resolved, channels: leaving.channels, stride: leaving.stride };
}

/** Layers that signals can't have. */
const ofMapsOnly: ReadonlySet<LayerKind> = new Set(["conv-transpose", "space-to-depth", "depth-to-space"]);

/** What is known of a layer that is refused. */
const UNKNOWN_LIST: ResolvedList = { layers: [], channels: Number.NaN, stride: Number.NaN };

function nameOf(layer: WrittenLayer): string | undefined {
  return "name" in layer ? layer.name : undefined;
}

/** How each kind of layer becomes numbers; a kind without a line is a compile error. */
const layerResolvers: { readonly [K in LayerKind]: Resolver<K> } = {
  ...movingResolvers,
  conv(layer, at, context) {
    const { amounts, activation, padding, refuse } = context;
    const { path, channelsIn } = at;
    const sides = (key: "kernel" | "stride" | "dilation", limits: (typeof LIMITS)[keyof typeof LIMITS]) =>
      amounts.sides(layer[key], [...path, key], limits, channelsIn);
    const channels = amounts.integer(layer.channels, [...path, "channels"], LIMITS.channels, channelsIn);
    const groups = amounts.integer(layer.groups, [...path, "groups"], LIMITS.channels, channelsIn);
    checkGroups(groups, channels, at, refuse);
    const stride = sides("stride", LIMITS.stride);
    const kernel = sides("kernel", LIMITS.side);
    const conv = {
      ...partOf(at, channels),
      layer: "conv",
      kernel,
      stride,
      dilation: sides("dilation", LIMITS.dilation),
      groups,
      padding: paddingOf(layer.padding ?? padding, PADDINGS, at, amounts),
      standardized:
        layer.standardized &&
        standardizedWeights(layer.standardized, (channelsIn / groups) * elementCount(kernel), at, context),
      bias: layer.bias,
      norm: layer.norm,
      activation: layer.activation === NO_ACTIVATION ? undefined : (layer.activation ?? activation),
      endsBranch: false,
    } as const;
    return one(conv, at.strideIn * stride[0]);
  },
  "conv-transpose"(layer, at, { amounts, activation, refuse }) {
    const { path, channelsIn } = at;
    const sides = (
      key: "kernel" | "stride" | "padding" | "outputPadding",
      limits: (typeof LIMITS)["side" | "padding"],
    ) => amounts.sides(layer[key], [...path, key], limits, channelsIn);
    const channels = amounts.integer(layer.channels, [...path, "channels"], LIMITS.channels, channelsIn);
    const groups = amounts.integer(layer.groups, [...path, "groups"], LIMITS.channels, channelsIn);
    checkGroups(groups, channels, at, refuse);
    const stride = sides("stride", LIMITS.side);
    const conv = {
      ...partOf(at, channels),
      layer: "conv-transpose",
      kernel: sides("kernel", LIMITS.side),
      stride,
      padding: sides("padding", LIMITS.padding),
      outputPadding: sides("outputPadding", LIMITS.padding),
      groups,
      bias: layer.bias,
      norm: layer.norm,
      activation: layer.activation === NO_ACTIVATION ? undefined : (layer.activation ?? activation),
    } as const;
    return one(conv, at.strideIn / stride[0]);
  },
  norm({ kind, epsilon, groups: written }, at, { amounts, refuse }) {
    const path = [...at.path, "groups"];
    if (kind !== "group") {
      if (written !== undefined)
        refuse({ path, message: `a normalisation of the kind "${kind}" has no groups` });
      return same({ ...partOf(at), layer: "norm", kind, groups: 1, epsilon }, at);
    }
    const groups = amounts.integer(written ?? USUAL_GROUPS, path, LIMITS.channels, at.channelsIn);
    if (isKnown(groups, at.channelsIn) && at.channelsIn % groups !== 0) {
      const place = written === undefined ? at.path : path;
      refuse({ path: place, message: `${groups} groups must divide the ${at.channelsIn} input channels` });
    }
    return same({ ...partOf(at), layer: "norm", kind, groups, epsilon }, at);
  },
  activation: (layer, at, { activation }) =>
    same({ ...partOf(at), layer: "activation", activation: layer.activation ?? activation }, at),
  "leaky-relu"(layer, at, { amounts }) {
    const slope = amounts.number(layer.slope, [...at.path, "slope"], at.channelsIn);
    return same({ ...partOf(at), layer: "leaky-relu", slope }, at);
  },
  prelu: (_layer, at) => same({ ...partOf(at), layer: "prelu" }, at),
  scale(layer, at, { amounts, refuse }) {
    const factor = float32(layer.factor, [...at.path, "factor"], at, { amounts, refuse });
    if (factor === 1 && layer.trained === undefined) return nothing(at);
    return same({ ...partOf(at), layer: "scale", factor, trained: layer.trained }, at);
  },
  value: (_layer, at) => nothing(at),
  attention({ attention }, at) {
    const site = { index: 0, specPath: at.path };
    const gates = attention === undefined ? undefined : gatesOf({ attention }, site, "spatial");
    return same({ ...partOf(at), layer: "attention", gates }, at);
  },
  block: (layer, at, context) => context.resolveBlock(layer, at, context),
  repeat({ times, layers }, at, context) {
    const { path, name } = at;
    const count = context.amounts.integer(times, [...path, "times"], LIMITS.times, at.channelsIn);
    const resolved: ResolvedLayer[] = [];
    let map: MapShape = { channels: at.channelsIn, stride: at.strideIn };
    for (let i = 0; i < count && context.count.layers <= MAX_LAYERS; i++) {
      const { layers: those, ...leaving } = resolveLayers(
        layers,
        map,
        [...path, "layers"],
        `${name}/${i}`,
        context,
      );
      resolved.push(...those);
      map = leaving;
    }
    return { layers: resolved, channels: map.channels, stride: map.stride };
  },
  branches({ input, branches, join }, at, context) {
    const { path, name, channelsIn, strideIn } = at;
    const share = input === "split" ? channelsIn / branches.length : channelsIn;
    if (isKnown(share) && !Number.isInteger(share)) {
      const message = `${channelsIn} channels can't be split between ${branches.length} branches`;
      context.refuse({ path: [...path, "input"], message });
    }
    const map: MapShape = { channels: Math.ceil(share), stride: strideIn };
    const lists = branches.map((layers, i) =>
      resolveLayers(layers, map, [...path, "branches", i], `${name}/branches/${i}`, context),
    );
    const [how, cannot] = typeof join === "string" ? [join] : (["sum", "can't be selected between"] as const);
    const { shape, problem } = joinedShape(how, lists, { what: "branches", cannot });
    if (problem !== undefined) context.refuse({ path: [...path, "branches"], message: problem });
    if (typeof join === "object" && branches.length === 1) {
      const message = `"${join.type}" selects between branches, and there is one`;
      context.refuse({ path: [...path, "join"], message });
    }
    const resolved: ResolvedBranches = {
      ...partOf(at, shape.channels),
      layer: "branches",
      input,
      branches: lists.map((list) => list.layers),
      join,
    };
    return one(resolved, shape.stride);
  },
};

/** Groups of a normalisation, as in the paper's section 4.1. */
const USUAL_GROUPS = 32;

/** The map as it is. */
function nothing({ channelsIn, strideIn }: At): ResolvedList {
  return { layers: [], channels: channelsIn, stride: strideIn };
}

/** A number that float32 has. */
function float32(
  amount: Amount,
  path: JsonPath,
  { channelsIn }: At,
  { amounts, refuse }: Pick<LayerContext, "amounts" | "refuse">,
): number {
  const value = amounts.number(amount, path, channelsIn);
  if (isKnown(value) && !Number.isFinite(Math.fround(value))) {
    refuse({ path, message: `${value} is too large for a number of 32 bits` });
  }
  return value;
}

/** @param inputs how many weights an output channel has */
function standardizedWeights(
  { epsilon, factor: written, scaled, gain }: Standardized,
  inputs: number,
  at: At,
  context: LayerContext,
): StandardizedWeights {
  const path = [...at.path, "standardized"];
  const factor = float32(written, [...path, "factor"], at, context);
  if (factor <= 0) context.refuse({ path: [...path, "factor"], message: `must be above 0, got ${factor}` });
  if (inputs === 1) context.refuse({ path, message: "the one weight of an output channel is its own mean" });
  return {
    epsilon,
    factor,
    scaled,
    gain: gain === undefined ? undefined : float32(gain, [...path, "gain"], at, context),
  };
}

type Standardized = NonNullable<Extract<WrittenLayer, { readonly layer: "conv" }>["standardized"]>;

function checkGroups(
  groups: number,
  channels: number,
  { path, channelsIn }: At,
  refuse: RefuseDefinition,
): void {
  if (!isKnown(channelsIn, channels, groups) || (channelsIn % groups === 0 && channels % groups === 0))
    return;
  const message = `${groups} groups must divide the ${channelsIn} input and ${channels} output channels`;
  refuse({ path: [...path, "groups"], message });
}
