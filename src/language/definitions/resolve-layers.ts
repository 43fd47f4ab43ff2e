import type { JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import type { Padding } from "../resolved-part.js";
import { joinedShape, type MapShape } from "../values.js";
import { type Amounts, LIMITS, type RefuseDefinition } from "./amounts.js";
import { type LayerKind, NO_ACTIVATION, PADDINGS, POOL_PADDINGS, type WrittenLayer } from "./layer-schema.js";
import { absentValue, beginOf, keepOf } from "./named-values.js";
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
  /** The values that layers of the block have named so far. */
  readonly values: Map<string, MapShape>;
}

/** Layers with all numbers known, and the map that leaves the last of them. */
export interface ResolvedList extends MapShape {
  readonly layers: readonly ResolvedLayer[];
}

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
    const list = resolve(layer, at, context);
    leaving = { channels: list.channels, stride: list.stride };
    if (layer.as !== undefined) context.values.set(layer.as, leaving);
    resolved.push(...begin.layers, ...list.layers, ...keepOf(layer.as, leaving, site));
  });
  return { layers: resolved, channels: leaving.channels, stride: leaving.stride };
}

function nameOf(layer: WrittenLayer): string | undefined {
  return "name" in layer ? layer.name : undefined;
}

interface At {
  readonly path: JsonPath;
  readonly name: string;
  readonly channelsIn: number;
  readonly strideIn: number;
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
    checkGroups(groups, channels, at, refuse);
    const stride = sides("stride", LIMITS.stride);
    const conv = {
      ...partOf(at, channels),
      layer: "conv",
      kernel: sides("kernel", LIMITS.side),
      stride,
      dilation: sides("dilation", LIMITS.dilation),
      groups,
      padding: paddingOf(layer.padding ?? padding, PADDINGS, at, amounts),
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
  norm: ({ kind, epsilon }, at) => same({ ...partOf(at), layer: "norm", kind, epsilon }, at),
  activation: (layer, at, { activation }) =>
    same({ ...partOf(at), layer: "activation", activation: layer.activation ?? activation }, at),
  prelu: (_layer, at) => same({ ...partOf(at), layer: "prelu" }, at),
  pool({ kind, kernel, stride, padding, countPadding }, at, { amounts, padding: usual, refuse }) {
    const { path, channelsIn } = at;
    if (countPadding && (padding === "ceil" || kind === "max")) {
      const message =
        kind === "max" ? "a maximum counts no pixels" : "what `ceil` adds is no padding that counts";
      refuse({ path: [...path, "countPadding"], message, hint: "leave it out" });
    }
    const strides = amounts.sides(stride, [...path, "stride"], LIMITS.stride, channelsIn);
    const pool = {
      ...partOf(at),
      layer: "pool",
      kind,
      kernel: amounts.sides(kernel, [...path, "kernel"], LIMITS.side, channelsIn),
      stride: strides,
      padding: paddingOf(padding ?? usual, POOL_PADDINGS, at, amounts),
      countPadding,
    } as const;
    return one(pool, at.strideIn * strides[0]);
  },
  pad({ pads }, at, { amounts }) {
    const side = (i: 0 | 1 | 2 | 3): number =>
      amounts.integer(pads[i], [...at.path, "pads", i], LIMITS.pixels, at.channelsIn);
    return same({ ...partOf(at), layer: "pad", pads: [side(0), side(1), side(2), side(3)] }, at);
  },
  scale(layer, at, { amounts, refuse }) {
    const path = [...at.path, "factor"];
    const factor = amounts.number(layer.factor, path, at.channelsIn);
    if (isKnown(factor) && !Number.isFinite(Math.fround(factor))) {
      refuse({ path, message: `${factor} is too large for a number of 32 bits` });
    }
    return same({ ...partOf(at), layer: "scale", factor, trained: layer.trained }, at);
  },
  upsample({ factor, to, mode }, at, { amounts, refuse, values }) {
    const path = [...at.path, "factor"];
    if (factor !== undefined && to !== undefined) {
      refuse({ path, message: "the map is as large as `to`, or `factor` times as large, not both" });
    }
    if (to !== undefined) {
      const stride = values.get(to)?.stride ?? Number.NaN;
      if (!values.has(to)) refuse({ path: [...at.path, "to"], message: absentValue(to) });
      return one({ ...partOf(at), layer: "upsample", to, mode }, stride);
    }
    const sides = amounts.sides(factor ?? 2, path, LIMITS.stride, at.channelsIn);
    return one({ ...partOf(at), layer: "upsample", factor: sides, mode }, at.strideIn / sides[0]);
  },
  slice({ start: from, end: to }, at, { amounts, refuse }) {
    const { path, channelsIn } = at;
    const start = amounts.integer(from, [...path, "start"], LIMITS.position, channelsIn);
    const end = amounts.integer(to, [...path, "end"], LIMITS.channels, channelsIn);
    if (isKnown(start, end, channelsIn) && (end <= start || end > channelsIn)) {
      refuse({
        path: [...path, "end"],
        message: `channels ${start} to ${end} are not among the ${channelsIn} that enter the layer`,
      });
    }
    return same({ ...partOf(at, end - start), layer: "slice", start, end }, at);
  },
  shuffle(layer, at, { amounts, refuse }) {
    const path = [...at.path, "groups"];
    const groups = amounts.integer(layer.groups, path, LIMITS.channels, at.channelsIn);
    if (isKnown(groups, at.channelsIn) && at.channelsIn % groups !== 0) {
      refuse({ path, message: `${groups} groups must divide the ${at.channelsIn} input channels` });
    }
    return same({ ...partOf(at), layer: "shuffle", groups }, at);
  },
  value: (_layer, { channelsIn, strideIn }) => ({ layers: [], channels: channelsIn, stride: strideIn }),
  attention: (_layer, at) => same({ ...partOf(at), layer: "attention" }, at),
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

function one(layer: ResolvedLayer, stride: number): ResolvedList {
  return { layers: [layer], channels: layer.channels, stride };
}

/** A layer whose map is as high and wide as before. */
function same(layer: ResolvedLayer, { strideIn }: At): ResolvedList {
  return one(layer, strideIn);
}
