import type { Value } from "../../ir/graph.js";
import type { ResolvedDefined } from "../../language/definitions/resolved-definition.js";
import type { ResolvedLayer } from "../../language/definitions/resolved-layers.js";
import { INPUT_VALUE } from "../../language/values.js";
import { buildList } from "./defined-layers.js";
import type { LayerBuilder } from "./layers.js";

/**
 * A block that the spec defines:
 *
 *     y = after(layers(x) + shortcut(x))        without a shortcut: after(layers(x))
 */
export function buildDefined(layers: LayerBuilder, x: Value, block: ResolvedDefined): Value {
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
  block: ResolvedDefined,
  build: (from: Value) => Value,
): Value {
  return layers.attention(build(layers.attention(x, "identity-input", block)), "identity", block);
}
