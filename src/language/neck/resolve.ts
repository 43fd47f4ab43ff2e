import type { JsonPath } from "../../base/json-path.js";
import type { ActivationName } from "../../ir/activations.js";
import { Amounts, type RefuseDefinition } from "../definitions/amounts.js";
import type { Scope } from "../definitions/evaluate.js";
import type { LayerCount, ResolvedList } from "../definitions/layer-resolver.js";
import type { WrittenLayer } from "../definitions/layer-schema.js";
import { absentLevel, valuesBeside } from "../definitions/named-values.js";
import { blockResolver, type Definitions } from "../definitions/resolve-definition.js";
import { resolveLayers } from "../definitions/resolve-layers.js";
import { layersIn, type ResolvedLayer } from "../definitions/resolved-layers.js";
import type { MapAxes } from "../input.js";
import type { NamedMaps } from "../named-maps.js";
import type { FeatureSource } from "../resolved.js";
import type { LayerDefaults, MapSource } from "../resolved-part.js";
import type { FilledSpec } from "../schema.js";
import { INPUT_VALUE, LEVEL_NAMES, type MapShape } from "../values.js";
import type { HeadLevel, ResolvedMapHead, ResolvedNeck } from "./resolved.js";
import type { WrittenMapHead } from "./schema.js";

/** What necks and heads take from their spec. */
export interface NeckContext {
  readonly defaults: (activation: ActivationName | undefined) => LayerDefaults;
  readonly roundChannels: (channels: number, divisor?: number) => number;
  readonly scaleChannels: (channels: number) => number;
  /** The layers of the blocks before. */
  readonly count: LayerCount;
  readonly definitions: Definitions;
  readonly axes: MapAxes;
  readonly refuse: RefuseDefinition;
}

/** The neck over the stages' maps. What its layers name is named in `maps`, too. */
export function resolveNeck(
  { layers, activation }: NonNullable<FilledSpec["neck"]>,
  maps: NamedMaps,
  context: NeckContext,
): ResolvedNeck {
  const specPath = ["neck"];
  const input = maps.last;
  const values = new NeckValues(maps);
  const { refuse } = context;
  const list = resolveList(
    { layers, path: [...specPath, "layers"], input, values, what: "the neck", activation },
    context,
  );
  const last = list.layers.at(-1);
  if (last !== undefined && last.layer !== "keep") {
    refuse({
      path: last.specPath,
      message: "nothing reads the result of the neck's last layer",
      hint: "name it with `as`, and read it in `heads` or `features`",
    });
  }
  for (const name of values.own) {
    const shape = values.get(name);
    if (shape !== undefined) maps.name(name, { after: { neck: name }, ...shape });
  }
  return {
    specPath,
    ...context.defaults(activation),
    inputChannels: input.channels,
    maps: values.readBy(list.layers),
    layers: list.layers,
  };
}

/** The values that layers of the neck can read: its own, and the network's maps. */
class NeckValues extends Map<string, MapShape> {
  readonly #maps: NamedMaps;

  constructor(maps: NamedMaps) {
    super();
    this.#maps = maps;
  }

  override get(name: string): MapShape | undefined {
    return super.get(name) ?? this.#mapOf(name);
  }

  override has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** The names that its layers gave. */
  get own(): readonly string[] {
    return [...super.keys()];
  }

  /** The maps of the network that layers read, by name; `input` also where the first of them reads nothing. */
  readBy(layers: readonly ResolvedLayer[]): Readonly<Record<string, MapSource>> {
    const given = new Set(this.own);
    const names = new Set(layersIn(layers).flatMap(namesReadBy));
    if (layers[0]?.layer !== "read") names.add(INPUT_VALUE);
    const foreign = [...names].filter((name) => !given.has(name));
    return Object.fromEntries(foreign.flatMap((name) => [[name, this.#mapOf(name)?.after ?? "input"]]));
  }

  #mapOf(name: string): FeatureSource | undefined {
    return name === INPUT_VALUE ? this.#maps.last : this.#maps.named(name);
  }
}

function namesReadBy(layer: ResolvedLayer): readonly string[] {
  if (layer.layer === "read") return layer.reading.names;
  return valuesBeside(layer).map(({ name }) => name);
}

/** The heads, in order: a later one may read what an earlier one made of its maps. */
export function resolveHeads(
  heads: readonly WrittenMapHead[],
  maps: NamedMaps,
  context: NeckContext,
): readonly ResolvedMapHead[] {
  const resolved: ResolvedMapHead[] = [];
  heads.forEach((head, i) => {
    resolved.push(resolveHead(head, ["heads", i], { maps, earlier: resolved }, context));
  });
  return resolved;
}

interface Before {
  readonly maps: NamedMaps;
  readonly earlier: readonly ResolvedMapHead[];
}

function resolveHead(
  head: WrittenMapHead,
  specPath: JsonPath,
  before: Before,
  context: NeckContext,
): ResolvedMapHead {
  const { name, layers, activation, share, output } = head;
  const entering = mapsOf(head, before, [...specPath, "from"], context.refuse);
  checkLevels(head, entering, specPath, context.refuse);
  const apply = ({ level, shape }: Entering): ResolvedList =>
    resolveList(
      {
        layers,
        path: [...specPath, "layers"],
        input: shape,
        values: new Map([[INPUT_VALUE, shape]]),
        what: `the head "${name}"`,
        level,
        activation,
      },
      context,
    );
  const lists = entering.map(apply);
  if (typeof output === "object") checkRows(output.values, lists, [...specPath, "output"], context.refuse);
  return {
    specPath,
    ...context.defaults(activation),
    name,
    share,
    output,
    levels: entering.map(({ level, source, shape }, i): HeadLevel => {
      const { channels = Number.NaN, stride = Number.NaN } = lists[i] ?? {};
      return { name: level, source, inputChannels: shape.channels, channels, stride };
    }),
    lists: (share === "none" ? lists : lists.slice(0, 1)).map((list) => list.layers),
  };
}

/** A map that a head is applied to. */
interface Entering {
  readonly level: string;
  readonly source: HeadLevel["source"];
  readonly shape: MapShape;
}

/** The maps that a head reads; names that there aren't are reported where names are checked. */
function mapsOf(
  { from }: WrittenMapHead,
  { maps, earlier }: Before,
  path: JsonPath,
  refuse: RefuseDefinition,
): readonly Entering[] {
  const head = earlier.find(({ name }) => name === from);
  if (head !== undefined) {
    const source = { head: head.name };
    return head.levels.map(({ name: level, ...shape }) => ({ level, source, shape }));
  }
  return [from].flat().flatMap((level, i) => {
    const found = maps.named(level);
    if (found !== undefined) return [{ level, source: found.after, shape: found }];
    const at = typeof from === "string" ? path : [...path, i];
    if (LEVEL_NAMES.includes(level)) {
      const hint = `there are ${maps.levels.join(", ")}`;
      refuse({ path: at, message: absentLevel(level), hint });
    } else if (earlier.some(({ name }) => name === level)) {
      const message = `"${level}" is a head, whose results are read all together`;
      refuse({ path: at, message, hint: `write "from": "${level}"` });
    }
    return [];
  });
}

function checkLevels(
  { from, share }: WrittenMapHead,
  entering: readonly Entering[],
  specPath: JsonPath,
  refuse: RefuseDefinition,
): void {
  const path = [...specPath, "from"];
  [from].flat().forEach((name, i, names) => {
    if (names.indexOf(name) < i) refuse({ path: [...path, i], message: `"${name}" stands twice` });
  });
  const channels = entering.map(({ shape }) => shape.channels);
  const known = new Set(channels.filter((each) => !Number.isNaN(each)));
  if (share !== "none" && known.size > 1) {
    refuse({
      path,
      message: `maps of ${channels.join(", ")} channels can't share one set of weights`,
      hint: '`"share": "none"` gives each of them its own; a 1x1 convolution in the neck makes them equal',
    });
  }
}

/** A row has as many numbers as divide each result's channels; pixels of all maps follow each other. */
function checkRows(
  values: number,
  lists: readonly ResolvedList[],
  path: JsonPath,
  refuse: RefuseDefinition,
): void {
  const odd = lists.find(({ channels }) => !Number.isNaN(channels) && channels % values !== 0);
  if (odd === undefined) return;
  const message = `${values} values must divide the ${odd.channels} channels of the head's result`;
  refuse({ path: [...path, "values"], message });
}

interface WrittenList {
  readonly layers: readonly WrittenLayer[];
  readonly path: JsonPath;
  readonly input: MapShape;
  readonly values: Map<string, MapShape>;
  /** What the layers belong to, in words. */
  readonly what: string;
  /** The map that a head is applied to. */
  readonly level?: string;
  readonly activation: ActivationName | undefined;
}

/** Layers that belong to no stage, with every expression evaluated. */
function resolveList(
  { layers, path, input, values, what, level, activation }: WrittenList,
  { defaults, roundChannels, scaleChannels, count, axes, definitions, refuse: report }: NeckContext,
): ResolvedList {
  const { activation: usual, padding } = defaults(activation);
  const where = level === undefined ? "" : ` (on the map "${level}")`;
  const refuse: RefuseDefinition = (problem) => report({ ...problem, message: `${problem.message}${where}` });
  const rounding = { divisible: roundChannels, scaled: scaleChannels };
  const scope: Scope = {
    valueOf: (name) => (name === "inputChannels" ? input.channels : undefined),
    whyMissing: (name) => `${what} knows no ${JSON.stringify(name)}`,
    ...rounding,
  };
  return resolveLayers(layers, input, path, "layers", {
    amounts: new Amounts(scope, refuse, axes),
    axes,
    refuse,
    activation: usual,
    padding,
    count,
    values,
    rounding,
    resolveBlock: blockResolver(definitions),
  });
}
