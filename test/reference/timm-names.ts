import type { Graph } from "../../src/ir/graph.js";

// timm names layers by their kind and counts the normalisations.

/** A parameter's name in timm: of a graph's parameter the name in the file of weights. */
export type TimmNames = (name: string, graph: Graph) => string;

type Layers = Readonly<Record<string, readonly [conv: string, norm: string]>>;

const EFFICIENTNET_BLOCKS: Readonly<Record<string, Layers>> = {
  "depthwise-separable": { "depthwise.": ["conv_dw", "bn1"], "project.": ["conv_pw", "bn2"] },
  "inverted-residual": {
    "expand.": ["conv_pw", "bn1"],
    "depthwise.": ["conv_dw", "bn2"],
    "project.": ["conv_pwl", "bn3"],
  },
  "fused-inverted-residual": { "expand.": ["conv_exp", "bn1"], "project.": ["conv_pwl", "bn2"] },
  "conv-norm-act": { "": ["conv", "bn1"] },
};

/**
 * Names of timm's EfficientNet and MobileNetV3 classes.
 *
 * @param stages timm's stage and the index of the first block in it, for each stage of the spec; left out: the same
 */
export function efficientNetNames(stages?: readonly (readonly [number, number])[]): TimmNames {
  return (name, graph) => {
    const place = placeOf(name, graph);
    if (place === undefined) {
      return renamed(name, { "stem.": ["conv_stem", "bn1"], "head.": ["conv_head", "bn2"] }).replace(
        "head.classifier",
        "classifier",
      );
    }
    const [stage, first] = stages?.[place.stage] ?? [place.stage, 0];
    const layer = renamed(place.layer, EFFICIENTNET_BLOCKS[place.type] ?? {})
      .replace("attention.conv.", "se.conv.")
      .replace("attention.reduce.", "se.conv_reduce.")
      .replace("attention.expand.", "se.conv_expand.");
    return `blocks.${stage}.${first + place.index}.${layer}`;
  };
}

const RESNET_BLOCKS: Readonly<Record<string, Layers>> = {
  basic: { "first.": ["conv1", "bn1"], "second.": ["conv2", "bn2"] },
  bottleneck: { "reduce.": ["conv1", "bn1"], "spatial.": ["conv2", "bn2"], "expand.": ["conv3", "bn3"] },
};

/** Names of timm's ResNet class, plain or, with a deep stem and pools in the shortcuts, ResNet-D. */
export function resNetNames(kind: "plain" | "d"): TimmNames {
  const stem: Layers =
    kind === "plain"
      ? { "stem.": ["conv1", "bn1"] }
      : {
          "stem.deep.0.": ["conv1.0", "conv1.1"],
          "stem.deep.1.": ["conv1.3", "conv1.4"],
          "stem.": ["conv1.6", "bn1"],
        };
  const shortcut: Layers = {
    "shortcut.": kind === "plain" ? ["downsample.0", "downsample.1"] : ["downsample.1", "downsample.2"],
  };
  return (name, graph) => {
    const place = placeOf(name, graph);
    if (place === undefined) return renamed(name, stem).replace("head.classifier", "fc");
    const layer = renamed(place.layer, { ...RESNET_BLOCKS[place.type], ...shortcut })
      .replace("attention.conv.", "se.conv.")
      .replace("attention.reduce.", "se.fc1.")
      .replace("attention.expand.", "se.fc2.");
    return `layer${place.stage + 1}.${place.index}.${layer}`;
  };
}

interface Place {
  readonly stage: number;
  readonly index: number;
  /** The block's type. */
  readonly type: string;
  /** The name below the block. */
  readonly layer: string;
}

/** Where a parameter stands; undefined outside of the stages. */
function placeOf(name: string, graph: Graph): Place | undefined {
  const [, stage, index, layer] = /^stages\.(\d+)\.blocks\.(\d+)\.(.*)$/.exec(name) ?? [];
  if (layer === undefined) return undefined;
  const block = graph.blocks.find(({ scope }) => scope === `/stages/${stage}/blocks/${index}`);
  return { stage: Number(stage), index: Number(index), type: block?.type ?? "", layer };
}

/** The name with the first layer that it begins with put into timm's words. */
function renamed(name: string, layers: Layers): string {
  for (const [ours, [conv, norm]] of Object.entries(layers)) {
    for (const [part, theirs] of [
      ["conv", conv],
      ["norm", norm],
    ] as const) {
      const start = `${ours}${part}.`;
      if (name.startsWith(start)) return `${theirs}.${name.slice(start.length)}`;
    }
  }
  return name;
}
