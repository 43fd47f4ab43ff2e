import type { JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import type { Padding } from "../resolved-part.js";
import { type Amounts, LIMITS, type RefuseDefinition } from "./amounts.js";
import { type LayerKind, NO_ACTIVATION, PADDINGS, POOL_PADDINGS, type WrittenLayer } from "./layer-schema.js";
import type { ResolvedBranches, ResolvedLayer } from "./resolved-layers.js";

/** Layers of a network's own blocks, with all repetitions written out. No published network has a tenth of it. */
const MAX_LAYERS = 16384;

/** Counts the layers of a network while its blocks are resolved. */
export interface LayerCount {
  layers: number;
}

/** What the layers of a block take from it. */
export interface LayerContext {
  readonly amounts: Amounts;
  readonly refuse: RefuseDefinition;
  readonly activation: ActivationName;
  readonly padding: Padding;
  readonly count: LayerCount;
}

/** Layers with all numbers known, and the channels that leave the last of them. */
export interface ResolvedList {
  readonly layers: readonly ResolvedLayer[];
  readonly channels: number;
}

/** Resolves a list of layers over a map of so many channels. `name`: the list's name below the block's scope. */
export function resolveLayers(
  layers: readonly WrittenLayer[],
  channels: number,
  path: JsonPath,
  name: string,
  context: LayerContext,
): ResolvedList {
  const resolved: ResolvedLayer[] = [];
  let leaving = channels;
  layers.forEach((layer, i) => {
    const at: At = { path: [...path, i], name: `${name}/${nameOf(layer) ?? i}`, channelsIn: leaving };
    if (!context.amounts.holds(layer.when, [...at.path, "when"], leaving)) return;
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
    const list = resolve(layer, at, context);
    resolved.push(...list.layers);
    leaving = list.channels;
  });
  return { layers: resolved, channels: leaving };
}

function nameOf(layer: WrittenLayer): string | undefined {
  return "name" in layer ? layer.name : undefined;
}

interface At {
  readonly path: JsonPath;
  readonly name: string;
  readonly channelsIn: number;
}

type Resolver<K extends LayerKind> = (
  layer: Extract<WrittenLayer, { readonly layer: K }>,
  at: At,
  context: LayerContext,
) => ResolvedList;

/** How each kind of layer becomes numbers; a kind without a line is a compile error. */
const layerResolvers: { readonly [K in LayerKind]: Resolver<K> } = {
  conv(layer, at, { amounts, activation, padding, refuse }) {
    const { path, channelsIn } = at;
    const sides = (key: "kernel" | "stride" | "dilation", limits: (typeof LIMITS)[keyof typeof LIMITS]) =>
      amounts.sides(layer[key], [...path, key], limits, channelsIn);
    const channels = amounts.integer(layer.channels, [...path, "channels"], LIMITS.channels, channelsIn);
    const groups = amounts.integer(layer.groups, [...path, "groups"], LIMITS.channels, channelsIn);
    if (isKnown(channelsIn, channels, groups) && (channelsIn % groups !== 0 || channels % groups !== 0)) {
      const message = `${groups} groups must divide the ${channelsIn} input and ${channels} output channels`;
      refuse({ path: [...path, "groups"], message });
    }
    return one({
      ...partOf(at, channels),
      layer: "conv",
      kernel: sides("kernel", LIMITS.side),
      stride: sides("stride", LIMITS.stride),
      dilation: sides("dilation", LIMITS.dilation),
      groups,
      padding: paddingOf(layer.padding ?? padding, PADDINGS, at, amounts),
      bias: layer.bias,
      norm: layer.norm,
      activation: layer.activation === NO_ACTIVATION ? undefined : (layer.activation ?? activation),
      endsBranch: false,
    });
  },
  norm: (_layer, at) => one({ ...partOf(at), layer: "norm" }),
  activation: (layer, at, { activation }) =>
    one({ ...partOf(at), layer: "activation", activation: layer.activation ?? activation }),
  pool({ kind, kernel, stride, padding, countPadding }, at, { amounts, padding: usual, refuse }) {
    const { path, channelsIn } = at;
    if (countPadding && (padding === "ceil" || kind === "max")) {
      const message =
        kind === "max" ? "a maximum counts no pixels" : "what `ceil` adds is no padding that counts";
      refuse({ path: [...path, "countPadding"], message, hint: "leave it out" });
    }
    return one({
      ...partOf(at),
      layer: "pool",
      kind,
      kernel: amounts.sides(kernel, [...path, "kernel"], LIMITS.side, channelsIn),
      stride: amounts.sides(stride, [...path, "stride"], LIMITS.stride, channelsIn),
      padding: paddingOf(padding ?? usual, POOL_PADDINGS, at, amounts),
      countPadding,
    });
  },
  pad({ pads }, at, { amounts }) {
    const side = (i: 0 | 1 | 2 | 3): number =>
      amounts.integer(pads[i], [...at.path, "pads", i], LIMITS.pixels, at.channelsIn);
    return one({ ...partOf(at), layer: "pad", pads: [side(0), side(1), side(2), side(3)] });
  },
  scale(layer, at, { amounts, refuse }) {
    const path = [...at.path, "factor"];
    const factor = amounts.number(layer.factor, path, at.channelsIn);
    if (isKnown(factor) && !Number.isFinite(Math.fround(factor))) {
      refuse({ path, message: `${factor} is too large for a number of 32 bits` });
    }
    return one({ ...partOf(at), layer: "scale", factor });
  },
  attention: (_layer, at) => one({ ...partOf(at), layer: "attention" }),
  repeat({ times, layers }, at, context) {
    const { path, name } = at;
    const count = context.amounts.integer(times, [...path, "times"], LIMITS.times, at.channelsIn);
    const resolved: ResolvedLayer[] = [];
    let channels = at.channelsIn;
    for (let i = 0; i < count && context.count.layers <= MAX_LAYERS; i++) {
      const list = resolveLayers(layers, channels, [...path, "layers"], `${name}/${i}`, context);
      resolved.push(...list.layers);
      channels = list.channels;
    }
    return { layers: resolved, channels };
  },
  branches({ input, branches, join }, at, context) {
    const { path, name, channelsIn } = at;
    const share = input === "split" ? channelsIn / branches.length : channelsIn;
    if (isKnown(share) && !Number.isInteger(share)) {
      const message = `${channelsIn} channels can't be split between ${branches.length} branches`;
      context.refuse({ path: [...path, "input"], message });
    }
    const lists = branches.map((layers, i) =>
      resolveLayers(layers, Math.ceil(share), [...path, "branches", i], `${name}/branches/${i}`, context),
    );
    const widths = lists.map((list) => list.channels);
    const same = new Set(widths).size === 1;
    if (join !== "concat" && !same && isKnown(...widths)) {
      const what = typeof join === "string" ? `have no ${join}` : "can't be selected between";
      context.refuse({
        path: [...path, "branches"],
        message: `branches of ${widths.join(", ")} channels ${what}`,
      });
    }
    if (typeof join === "object" && branches.length === 1) {
      const message = `"${join.type}" selects between branches, and there is one`;
      context.refuse({ path: [...path, "join"], message });
    }
    const channels = join === "concat" ? widths.reduce((sum, each) => sum + each, 0) : (widths[0] ?? 0);
    const resolved: ResolvedBranches = {
      ...partOf(at, channels),
      layer: "branches",
      input,
      branches: lists.map((list) => list.layers),
      join,
    };
    return one(resolved);
  },
};

function paddingOf<W extends string>(
  padding: Extract<WrittenLayer, { readonly layer: "conv" | "pool" }>["padding"] & {},
  words: readonly W[],
  { path, channelsIn }: At,
  amounts: Amounts,
): W | readonly [number, number] {
  const word = words.find((each) => each === padding);
  return word ?? amounts.sides(padding, [...path, "padding"], LIMITS.padding, channelsIn);
}

/** Whether numbers have values; what made one of them NaN was reported. */
export function isKnown(...numbers: readonly number[]): boolean {
  return !numbers.some(Number.isNaN);
}

function partOf({ path, name, channelsIn }: At, channels = channelsIn) {
  return { specPath: path, name, channels };
}

function one(layer: ResolvedLayer): ResolvedList {
  return { layers: [layer], channels: layer.channels };
}
