import type { AttentionSite } from "../../ir/attention/module.js";
import type { Value } from "../../ir/graph.js";
import { constantWeight } from "../../ir/weight.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type { ResolvedBranches, ResolvedLayer } from "../../language/definitions/resolved-layers.js";
import type { LayerBuilder } from "./layers.js";

/**
 * A block that the spec defines:
 *
 *     y = after(layers(x) + shortcut(x))        without a shortcut: after(layers(x))
 */
export function buildDefined(layers: LayerBuilder, x: Value, block: ResolvedDefined): Value {
  const build = (list: readonly ResolvedLayer[], from: Value): Value => buildList(layers, from, list, block);
  const branch = build(block.layers, layers.attention(x, "pre", block));
  const shortcut =
    block.shortcut && shortcutOf(layers, x, block, (from) => build(block.shortcut ?? [], from));
  const sum = layers.sum(branch, shortcut, block);
  return layers.attention(build(block.after, sum), "post", block);
}

function shortcutOf(
  layers: LayerBuilder,
  x: Value,
  block: ResolvedDefined,
  build: (from: Value) => Value,
): Value {
  return layers.attention(build(layers.attention(x, "identity-input", block)), "identity", block);
}

type Builder<K extends ResolvedLayer["layer"]> = (
  layers: LayerBuilder,
  x: Value,
  layer: Extract<ResolvedLayer, { readonly layer: K }>,
  block: ResolvedDefined,
) => Value;

function buildList(
  layers: LayerBuilder,
  x: Value,
  list: readonly ResolvedLayer[],
  block: ResolvedDefined,
): Value {
  return list.reduce((value, layer) => {
    const build = layerBuilders[layer.layer] as Builder<ResolvedLayer["layer"]>;
    return build(layers.writtenAt(layer.specPath), value, layer, block);
  }, x);
}

/** How each kind of layer becomes ops; a kind without a line is a compile error. */
const layerBuilders: { readonly [K in ResolvedLayer["layer"]]: Builder<K> } = {
  conv(layers, x, { name, bias, norm, activation, ...conv }, { initialization, norm: normalization }) {
    const y = layers.conv(x, name, { ...conv, initialization }, { bias });
    const { endsBranch } = conv;
    const normed = norm ? layers.norm(y, name, { norm: normalization, initialization, endsBranch }) : y;
    return activation === undefined ? normed : layers.op(activation, [normed], {}, `${name}/act`);
  },
  norm: (layers, x, { name }, block) => layers.norm(x, name, { ...block, endsBranch: false }),
  activation: (layers, x, { name, activation }) => layers.op(activation, [x], {}, name),
  pool: (layers, x, { name, kind, countPadding, ...window }) =>
    kind === "max" ? layers.maxPool(x, name, window) : layers.avgPool(x, name, window, { countPadding }),
  pad: (layers, x, { name, pads }) => layers.framed(x, name, pads),
  scale(layers, x, { name, factor }) {
    return layers.op("mul", [x, numberOf(layers, `${name}.factor`, factor)], {}, name);
  },
  attention: (layers, x, { name }, block) => layers.attention(x, "spatial", block, `${name}/attention`),
  branches(layers, x, { name, input, branches, join: how, channels }, block) {
    const share = Number(x.type.dims[1]) / branches.length;
    const results = branches.map((branch, i) => {
      const from =
        input === "whole"
          ? x
          : layers.op(
              "slice",
              [x],
              { axis: 1, start: i * share, end: (i + 1) * share },
              `${name}/split/${i}`,
            );
      return buildList(layers, from, branch, block);
    });
    return join(layers, results, name, how, { ...block, channels });
  },
};

/** One map of the maps that branches lead to. A single branch is its own result. */
function join(
  layers: LayerBuilder,
  results: readonly Value[],
  name: string,
  how: ResolvedBranches["join"],
  block: Pick<ResolvedDefined, "channels" | "inputChannels" | "stage" | "initialization">,
): Value {
  const [single] = results;
  if (single !== undefined && results.length === 1) return single;
  if (how === "concat") return layers.op("concat", results, { axis: 1 }, `${name}/concat`);
  if (how === "sum" || how === "mean") {
    const last = results.length - 1;
    const sum = results.reduce((all, value, i) =>
      layers.add(all, value, `${name}/${i === last ? "sum" : `sum/${i - 1}`}`),
    );
    if (how === "sum") return sum;
    return layers.op("mul", [sum, numberOf(layers, `${name}.share`, 1 / results.length)], {}, `${name}/mean`);
  }
  const stacked = layers.op("concat", results, { axis: 1 }, `${name}/paths`);
  const { channels, inputChannels, stage, initialization } = block;
  const site: AttentionSite = {
    channels,
    blockInputChannels: inputChannels,
    paths: results.length,
    stage,
    initialization,
  };
  return layers.selection(stacked, how, site, `${name}/select`);
}

/** A number that is not trained. */
function numberOf(layers: LayerBuilder, name: string, value: number): Value {
  return layers.parameter(name, [], () => constantWeight([], value), "fixed");
}
