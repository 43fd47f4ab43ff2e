import type { JsonEntry, JsonNode, JsonObject } from "./json-tree.js";

/**
 * `over` laid over `base`, as `extends` and `defaults` do it (JSON Merge Patch, RFC 7396): objects merge key by
 * key, everything else is replaced, null removes a key. Every node keeps the place where it was written.
 */
export function mergeTrees(base: JsonNode | undefined, over: JsonObject): JsonObject;
export function mergeTrees(base: JsonNode | undefined, over: JsonNode): JsonNode;
export function mergeTrees(base: JsonNode | undefined, over: JsonNode): JsonNode {
  if (over.kind !== "object") return over;
  const entries = new Map<string, JsonEntry>(base?.kind === "object" ? base.entries : []);
  for (const [name, { key, value }] of over.entries) {
    if (value.kind === "scalar" && value.value === null) entries.delete(name);
    else entries.set(name, { key, value: mergeTrees(entries.get(name)?.value, value) });
  }
  return { ...over, entries };
}
