import type {
  PerAxis,
  ResolvedBranches,
  ResolvedDepthChange,
  ResolvedLayer,
} from "../../language/definitions/resolved-layers.js";
import type { LayerDefaults, ResolvedPosition } from "../../language/resolved-part.js";
import { gatesBelow } from "./block-gates.js";
import type { ModuleParts } from "./network-parts.js";
import type { Literal } from "./python.js";
import { styleOf } from "./style.js";

/**
 * The layers of a defined block as Python, with a hole wherever blocks of the same definition may differ: a value that
 * becomes an argument of the class, or is written where all of its blocks have the same.
 */
export type Sketch =
  | { readonly kind: "hole"; readonly hint: string; readonly filling: Literal }
  | { readonly kind: "style" }
  | { readonly kind: "layers"; readonly layers: readonly (readonly [name: string, layer: Sketch])[] }
  | {
      readonly kind: "call";
      readonly name: string;
      readonly items: readonly Sketch[];
      /** Values that equal the usual one are left out where all blocks have it. */
      readonly words: readonly {
        readonly word: string;
        readonly value: Sketch;
        readonly usual?: Literal;
        readonly mayBeAbsent: boolean;
      }[];
    };

interface Site {
  readonly block: LayerDefaults & Pick<ResolvedPosition, "gates">;
  readonly scope: string;
  readonly parts: ModuleParts;
  /** Channels that enter the layer. */
  readonly channels: number;
}

/** `Layers({...})` of a list whose layers are named below `prefix`. */
export function sketchLayers(layers: readonly ResolvedLayer[], prefix: string, site: Site): Sketch {
  let { channels } = site;
  return {
    kind: "layers",
    layers: layers.map((layer) => {
      const name = layer.name.slice(prefix.length + 1).replaceAll("/", ".");
      const sketch = (sketches[layer.layer] as Sketcher<ResolvedLayer["layer"]>)(layer, {
        ...site,
        channels,
      });
      channels = layer.channels;
      return [name, sketch] as const;
    }),
  };
}

type Sketcher<K extends ResolvedLayer["layer"]> = (
  layer: Extract<ResolvedLayer, { readonly layer: K }>,
  site: Site,
) => Sketch;

/** How each kind of layer is written; one without a line is a compile error. */
const sketches: { readonly [K in ResolvedLayer["layer"]]: Sketcher<K> } = {
  conv(layer, { block, channels }) {
    const { name, norm, bias, activation, endsBranch, standardized } = layer;
    const style = styleOf(block);
    const hole = holes(name);
    const act = activation === undefined ? false : activation === style.act ? true : activation;
    return call(
      standardized === undefined ? "ConvNormAct" : "StandardizedConvNormAct",
      [hole("inputs", channels), hole("outputs", layer.channels), hole("kernel", sides(layer.kernel)), STYLE],
      {
        stride: [hole("stride", sides(layer.stride)), 1],
        groups: [hole("groups", layer.groups), 1],
        dilation: [hole("dilation", sides(layer.dilation)), 1],
        padding: [hole("padding", layer.padding === style.padding ? undefined : layer.padding), undefined],
        bias: [hole("bias", bias), false],
        norm: [hole("norm", norm), true],
        act: [hole("act", act), true],
        last: [hole("last", endsBranch && norm), false],
        ...(standardized && {
          epsilon: [hole("epsilon", standardized.epsilon)],
          factor: [hole("weight_factor", standardized.factor), 1],
          scaled: [hole("scaled", standardized.scaled), false],
          gain: [hole("gain", standardized.gain), undefined],
        }),
      },
    );
  },
  "conv-transpose"(layer, { block, channels }) {
    const { name, norm, bias, activation } = layer;
    const hole = holes(name);
    const act = activation === undefined ? false : activation === styleOf(block).act ? true : activation;
    return call(
      "ConvTransposeNormAct",
      [hole("inputs", channels), hole("outputs", layer.channels), hole("kernel", sides(layer.kernel)), STYLE],
      {
        stride: [hole("stride", sides(layer.stride))],
        padding: [hole("padding", sides(layer.padding)), 0],
        output_padding: [hole("output_padding", sides(layer.outputPadding)), 0],
        groups: [hole("groups", layer.groups), 1],
        bias: [hole("bias", bias), false],
        norm: [hole("norm", norm), true],
        act: [hole("act", act), true],
      },
    );
  },
  norm({ name, channels, kind, groups, epsilon }, { block }) {
    const hole = holes(name);
    if (kind === "batch") {
      return call("Norm", [hole("channels", channels), STYLE], {
        epsilon: [hole("epsilon", epsilon), undefined],
      });
    }
    const [of, least] = [hole("channels", channels), hole("epsilon", epsilon ?? block.norm.epsilon)];
    return kind === "layer"
      ? call("ChannelNorm", [of, least])
      : call("GroupNorm", [of, hole("groups", groups), least]);
  },
  activation: ({ name, activation }) => call("activation", [holes(name)("act", activation)]),
  "leaky-relu": ({ name, slope }) => call("nn.LeakyReLU", [holes(name)("slope", slope)]),
  prelu: ({ name, channels }) => call("PReLU", [holes(name)("channels", channels)]),
  pool({ name, kind, kernel, stride, padding, countPadding }, { parts: { axes } }) {
    const hole = holes(name);
    return call(`${kind === "max" ? "Max" : "Avg"}Pool${axes}d`, [hole("kernel", sides(kernel))], {
      stride: [hole("stride", sides(stride))],
      padding: [hole("padding", padding)],
      ...(kind === "max" ? {} : { count_padding: [hole("count_padding", countPadding), false] as const }),
    });
  },
  "global-pool"({ name, kind, weights, epsilon }) {
    const hole = holes(name);
    if (kind !== "deviation" && weights === undefined) return call("GlobalPool", [hole("kind", kind)]);
    return call("Statistic", [hole("kind", kind)], {
      weights: [hole("weights", weights), undefined],
      epsilon: [hole("epsilon", epsilon), undefined],
    });
  },
  attend({ name, keys, values, heads, epsilon }) {
    const hole = holes(name);
    return call("Attend", [hole("keys", keys), hole("values", values)], {
      heads: [hole("heads", heads), 1],
      epsilon: [hole("epsilon", epsilon), undefined],
    });
  },
  softmax: ({ name, over }) => call("Softmax", [holes(name)("over", over)]),
  "blur-pool"({ name, kernel, stride }) {
    const hole = holes(name);
    return call("BlurPool", [hole("kernel", kernel)], { stride: [hole("stride", stride), 2] });
  },
  pad({ name, pads, reflects = false }) {
    const hole = holes(name);
    const around = pads.map((pad, i) => hole(`pad${i}`, pad));
    return call("Frame", around, { reflect: [hole("reflect", reflects), false] });
  },
  scale({ name, factor, trained, channels }) {
    const hole = holes(name);
    if (trained === undefined) return call("Scale", [hole("factor", factor)]);
    const each = trained === "channels" ? channels : undefined;
    return call("TrainedScale", [hole("factor", factor)], { channels: [hole("channels", each), undefined] });
  },
  upsample({ name, factor, to, mode }) {
    const hole = holes(name);
    return call("Upsample", [], {
      factor: [hole("factor", factor && sides(factor)), undefined],
      to: [hole("to", to), undefined],
      mode: [hole("mode", mode), "nearest"],
    });
  },
  slice: ({ name, start, end }) => call("Slice", [holes(name)("start", start), holes(name)("end", end)]),
  shuffle: ({ name, groups }) => call("Shuffle", [holes(name)("groups", groups)]),
  "space-to-depth": (layer) => depthChange("SpaceToDepth", layer),
  "depth-to-space": (layer) => depthChange("DepthToSpace", layer),
  read({ name, reading: { how, names } }) {
    const hole = holes(name);
    const read = names.map((each, i) => hole(`read${i}`, each));
    return call("Read", read, { join: [hole("join", how), "concat"] });
  },
  keep: ({ name, as }) => call("Keep", [holes(name)("as", as)]),
  attention({ name, gates }, { scope, parts, block }) {
    const { gate } = gatesBelow(`${scope}/${name}`, { gates: gates ?? block.gates }, parts, "spatial");
    return call("Gate", [holes(name)("gate", gate), STYLE]);
  },
  block({ name, layers, shortcut, after, ...layer }, { block, parts, scope, channels }) {
    const inside = `${scope}/${name}`;
    const hole = holes(name);
    const site = { block: { ...block, gates: layer.gates }, parts, scope: inside, channels };
    const leaving = (list: readonly ResolvedLayer[]): number => list.at(-1)?.channels ?? channels;
    const { gate, position } = gatesBelow(inside, layer, parts, "standard");
    return call(
      "DefinedBlock",
      [
        STYLE,
        sketchLayers(layers, "layers", site),
        shortcut === undefined ? hole("shortcut", undefined) : sketchLayers(shortcut, "shortcut", site),
        sketchLayers(after, "after", { ...site, channels: leaving(layers) }),
      ],
      {
        gate: [hole("gate", gate), undefined],
        position: [hole("position", position ?? "standard"), "standard"],
      },
    );
  },
  branches(layer, site) {
    const { name, branches, input } = layer;
    const channels = input === "split" ? site.channels / branches.length : site.channels;
    const lists = branches.map((list, i) =>
      sketchLayers(list, `${name}/branches/${i}`, { ...site, channels }),
    );
    return call("Branches", lists, {
      split: [holes(name)("split", input === "split"), false],
      ...joinWords(layer, site),
    });
  },
};

function depthChange(className: string, { name, size, order }: ResolvedDepthChange): Sketch {
  return call(className, [holes(name)("size", size)], { order: [holes(name)("order", order), "pixel"] });
}

function joinWords({ name, join, branches }: ResolvedBranches, { scope, parts }: Site): Words {
  if (branches.length === 1 || typeof join === "string") {
    const word = branches.length > 1 && typeof join === "string" ? join : "concat";
    return { join: [holes(name)("join", word), "concat"] };
  }
  const selection = holes(name)("select", parts.gateAt(`${scope}/${name}/select`));
  return { join: [holes(name)("join", "select"), "concat"], select: [call("gate_of", [selection, STYLE])] };
}

type Words = Readonly<Record<string, readonly [value: Sketch, usual?: Literal]>>;

const STYLE: Sketch = { kind: "style" };

function call(name: string, items: readonly Sketch[], words: Words = {}): Sketch {
  return {
    kind: "call",
    name,
    items,
    words: Object.entries(words).map(([word, given]) => ({
      word,
      value: given[0],
      usual: given[1],
      mayBeAbsent: given.length > 1,
    })),
  };
}

const holes =
  (name: string) =>
  (hint: string, filling: Literal): Sketch => ({ kind: "hole", hint: `${name}/${hint}`, filling });

/** One number where all axes have the same. */
function sides(perAxis: PerAxis): Literal {
  return perAxis.every((side) => side === perAxis[0]) ? perAxis[0] : perAxis;
}
