import type { Diagnostic } from "../base/diagnostic.js";
import { NO_ATTENTION, STAGE_GATE_KEYS } from "./attention.js";
import { decodeBlockString } from "./block-string.js";
import {
  type JsonArray,
  type JsonEntry,
  type JsonNode,
  type JsonObject,
  mergeTrees,
  nodeAt,
} from "./json-tree.js";
import { NO_STEM } from "./sections.js";

/**
 * Expands what a spec may abbreviate, so that everything later sees one form:
 *
 *     "ir_r2_k5_s2_e6_c40_se0.25"  →  { "block": "inverted-residual", … }
 *     "attention": "se"            →  "attention": { "type": "se" }
 *     "attention": "none"          →  no key
 *     "attention": ["eca", "sam"]  →  each as if it stood alone
 *     { "type": "se" }             →  the options of `defaults.attention.se`, then the block's own over them
 *     no "attention"               →  the network's `attention`; of layers that have one as of stages
 *     "stem": "none"               →  "stem": null
 *
 * Block strings that can't be read stay as they are and are reported.
 */
export function expandShorthands(root: JsonObject, report: (diagnostic: Diagnostic) => void): JsonObject {
  const defaults = nodeAt(root, ["defaults", "attention"]);
  const network = expandStem(expandAttention(expandLayers(root, defaults), defaults));
  const gate = network.entries.get("attention");
  const stages = root.entries.get("stages");
  if (stages?.value.kind !== "array") return network;
  const items: JsonNode[] = [];
  for (const stage of stages.value.items) {
    const before = items.at(-1) ?? root.entries.get("stem")?.value;
    const decoded = decodeStage(stage, items.length, channelsOf(before), report);
    items.push(decoded.kind === "object" ? withGate(decoded, defaults, gate) : decoded);
  }
  const value: JsonArray = { ...stages.value, items };
  return withEntry(network, "stages", { key: stages.key, value });
}

/** The parts of a spec that have layers. */
const WITH_LAYERS = ["blocks", "neck", "heads"];

function expandLayers(root: JsonObject, defaults: JsonNode | undefined): JsonObject {
  const own: LayerDefaults = {
    attention: defaults && without(STAGE_GATE_KEYS, defaults),
    block: defaults && without(["blocks"], defaults),
  };
  return withValues(root, (value, name) => (WITH_LAYERS.includes(name) ? withLayerGates(value, own) : value));
}

/** The defaults of gates, by the layers that have any: those of one place say nothing of where a gate stands. */
type LayerDefaults = { readonly [L in "attention" | "block"]: JsonNode | undefined };

/** The gates of all layers in a node in their full form. */
function withLayerGates(node: JsonNode, defaults: LayerDefaults): JsonNode {
  if (node.kind === "array")
    return { ...node, items: node.items.map((item) => withLayerGates(item, defaults)) };
  if (node.kind !== "object") return node;
  const layer = node.entries.get("layer")?.value;
  const word = layer?.kind === "scalar" ? layer.value : undefined;
  return word === "attention" || word === "block"
    ? expandGates(node, defaults[word])
    : withValues(node, (value) => withLayerGates(value, defaults));
}

/** Defaults without some of their options. */
function without(keys: readonly string[], defaults: JsonNode): JsonNode {
  if (defaults.kind !== "object") return defaults;
  return withValues(defaults, (options) => {
    if (options.kind !== "object") return options;
    const entries = [...options.entries].filter(([name]) => !keys.includes(name));
    return { ...options, entries: new Map(entries) };
  });
}

function withValues(object: JsonObject, change: (value: JsonNode, name: string) => JsonNode): JsonObject {
  const entries = [...object.entries].map(([name, { key, value }]): [string, JsonEntry] => [
    name,
    { key, value: change(value, name) },
  ]);
  return { ...object, entries: new Map(entries) };
}

function expandStem(root: JsonObject): JsonObject {
  const stem = root.entries.get("stem");
  if (stem?.value.kind !== "scalar" || stem.value.value !== NO_STEM) return root;
  return withEntry(root, "stem", { key: stem.key, value: { ...stem.value, value: null } });
}

function decodeStage(
  stage: JsonNode,
  index: number,
  inputChannels: number | undefined,
  report: (diagnostic: Diagnostic) => void,
): JsonNode {
  if (stage.kind !== "scalar" || typeof stage.value !== "string") return stage;
  const decoded = decodeBlockString({ ...stage, value: stage.value }, ["stages", index], inputChannels);
  if ("kind" in decoded) return decoded;
  decoded.forEach(report);
  return stage;
}

function channelsOf(layer: JsonNode | undefined): number | undefined {
  const channels = layer === undefined ? undefined : nodeAt(layer, ["channels"]);
  return channels?.kind === "scalar" && typeof channels.value === "number" ? channels.value : undefined;
}

/** A stage with its own gate in full, or the network's. */
function withGate(
  stage: JsonObject,
  defaults: JsonNode | undefined,
  gate: JsonEntry | undefined,
): JsonObject {
  return stage.entries.has("attention")
    ? expandAttention(stage, defaults)
    : withEntry(stage, "attention", gate);
}

/** The `attention` of a stage or of the network in its full form. */
function expandAttention(object: JsonObject, defaults: JsonNode | undefined): JsonObject {
  const attention = object.entries.get("attention");
  if (attention === undefined) return object;
  const { value } = attention;
  return value.kind === "scalar" && value.value === NO_ATTENTION
    ? withEntry(object, "attention", undefined)
    : expandGates(object, defaults);
}

/** The gate, or list of gates, of an object in its full form. */
function expandGates(object: JsonObject, defaults: JsonNode | undefined): JsonObject {
  const attention = object.entries.get("attention");
  if (attention === undefined) return object;
  const { key, value } = attention;
  const expanded: JsonNode =
    value.kind === "array"
      ? { ...value, items: value.items.map((item) => expandGate(item, key, defaults)) }
      : expandGate(value, key, defaults);
  return withEntry(object, "attention", { key, value: expanded });
}

/** One gate in its full form. */
function expandGate(value: JsonNode, key: JsonEntry["key"], defaults: JsonNode | undefined): JsonNode {
  const written: JsonNode =
    value.kind === "scalar" && typeof value.value === "string"
      ? { kind: "object", range: value.range, entries: new Map([["type", { key, value }]]) }
      : value;
  const type = nodeAt(written, ["type"]);
  if (type?.kind !== "scalar" || typeof type.value !== "string" || defaults === undefined) return written;
  const base = nodeAt(defaults, [type.value]);
  return base === undefined ? written : mergeTrees(base, written);
}

function withEntry(object: JsonObject, name: string, entry: JsonEntry | undefined): JsonObject {
  const entries = new Map(object.entries);
  if (entry === undefined) entries.delete(name);
  else entries.set(name, entry);
  return { ...object, entries };
}
