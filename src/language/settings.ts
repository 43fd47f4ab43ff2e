import { forEachOrAllErrors, InputError } from "../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import type { SourceRange, SourceText } from "../base/source.js";
import { NO_ATTENTION } from "./attention.js";
import { decodeBlockString } from "./block-string.js";
import {
  type JsonEntry,
  type JsonNode,
  type JsonObject,
  nodeAt,
  parseJsonTree,
  REFUSED_KEYS,
} from "./json-tree.js";

/** What is changed in a spec before it is checked. */
export interface SpecChanges {
  /** Fields and their values, as `input.height=288`, `stages[2].attention=eca`, `stem.pool=null`. */
  readonly set?: readonly string[] | undefined;
  /** Height and width, or length, of the input. */
  readonly resolution?: number | undefined;
}

/** A field and its value, with the text that says so. */
export interface Setting {
  readonly path: JsonPath;
  /** The text of the path. */
  readonly range: SourceRange;
  readonly value: JsonNode;
}

/**
 * A spec with other values, its bases merged: a value replaces the whole that was there, `null` takes it away, and objects on the way are made where
 * there are none. Values are JSON, or texts without quotes. What no spec may have is left for the schema to refuse, at its place in the
 * text of the setting.
 *
 * The published numbers in `expect` are of another network, and go, as with `extends`.
 *
 * Errors: `InputError` with all settings that can't be read, or that lead nowhere.
 */
export function withChanges(root: JsonObject, { set = [], resolution }: SpecChanges): JsonObject {
  if (set.length === 0 && resolution === undefined) return root;
  const settings = forEachOrAllErrors(set, parseSetting);
  const isSignal = (changed: JsonNode): boolean => nodeAt(changed, ["input", "length"]) !== undefined;
  const entries = new Map([...root.entries].filter(([name]) => name !== "expect"));
  const changed = applied({ ...root, entries }, settings);
  const sides = isSignal(changed) ? ["length"] : ["height", "width"];
  const sized =
    resolution === undefined ? [] : sides.map((side) => parseSetting(`input.${side}=${resolution}`));
  return applied(changed, sized);
}

function applied(root: JsonObject, settings: readonly Setting[]): JsonObject {
  let changed: JsonNode = root;
  forEachOrAllErrors(settings, (setting) => {
    changed = withValue(changed, setting, 0);
  });
  return changed;
}

/** The name under which messages show a setting. */
const FLAG = "--set";
/** `name`, `.name`, `.2`, `[2]`, `["any name"]` */
const STEP = /\.?([A-Za-z_$][\w$-]*)|\.(\d+)(?![\w$-])|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;

/** The path of a field as settings write it; undefined for a text that is none. */
export function fieldPath(text: string): JsonPath | undefined {
  const { path, end } = parseField(text);
  return path.length > 0 && end === text.length ? path : undefined;
}

/** The path that a text begins with, and where it ends. */
function parseField(text: string): { readonly path: JsonPath; readonly end: number } {
  const path: (string | number)[] = [];
  let end = text.startsWith("$") ? 1 : 0;
  while (end < text.length && text[end] !== "=") {
    STEP.lastIndex = end;
    const [whole, name, dotted, index, quoted] = STEP.exec(text) ?? [];
    if (whole === undefined) break;
    const number = dotted ?? index;
    path.push(name ?? (number === undefined ? (JSON.parse(quoted ?? '""') as string) : Number(number)));
    end += whole.length;
  }
  return { path, end };
}

/** A field and its value as `--set` takes them; `fieldPath` knows the field. */
export function settingText(field: string, value: unknown): string {
  const isPlain =
    typeof value === "string" && /^[\w.+-]/.test(value) && value === value.trim() && !POSSIBLE.test(value);
  return `${field}=${isPlain ? value : JSON.stringify(value)}`;
}

export function parseSetting(text: string): Setting {
  const source: SourceText = { file: FLAG, text };
  const { path, end } = parseField(text);
  const range = { source, offset: 0, length: Math.max(1, end) };
  if (path.length === 0 || text[end] !== "=" || text.slice(end + 1).trim() === "") {
    throw InputError.of("flag/set", `${FLAG} takes a field and its value`, {
      range,
      hint: "as input.height=288, stages[2].attention=eca or head.classes=10",
    });
  }
  const refused = path.find((step) => REFUSED_KEYS.has(String(step)));
  if (refused !== undefined)
    throw InputError.of("spec/refused-key", `the key ${JSON.stringify(refused)} is not allowed`, { range });
  if (path[0] === "extends")
    throw InputError.of("flag/set", "a spec's base can't be set", { range, hint: "name that spec instead" });
  return { path, range, value: parseValue(source, end + 1) };
}

/** Values that are JSON or mean to be; other texts need no quotes. */
const CERTAIN = /^\s*["{[]/;
const POSSIBLE = /^\s*(true|false|null|-?\d[\d.eE+-]*)\s*$/;

function parseValue(source: SourceText, start: number): JsonNode {
  const text = source.text.slice(start);
  if (!CERTAIN.test(text) && !POSSIBLE.test(text)) return textAt(source, start, text);
  // With spaces instead of the path, so that places are those in the setting.
  return inSource(parseJsonTree({ file: FLAG, text: " ".repeat(start) + text }), source);
}

function textAt(source: SourceText, offset: number, value: string): JsonNode {
  return { kind: "scalar", range: { source, offset, length: value.length }, value };
}

function inSource(node: JsonNode, source: SourceText): JsonNode {
  const range = { ...node.range, source };
  if (node.kind === "scalar") return { ...node, range };
  if (node.kind === "array")
    return { ...node, range, items: node.items.map((item) => inSource(item, source)) };
  const entries = [...node.entries].map(([name, { key, value }]): [string, JsonEntry] => [
    name,
    { key: { ...key, source }, value: inSource(value, source) },
  ]);
  return { ...node, range, entries: new Map(entries) };
}

/** The object with the setting's value at the rest of its path, which begins with the `at`-th step. */
function withValue(node: JsonObject, setting: Setting, at: number): JsonObject;
function withValue(node: JsonNode | undefined, setting: Setting, at: number): JsonNode;
function withValue(node: JsonNode | undefined, setting: Setting, at: number): JsonNode {
  const { path, range, value } = setting;
  const step = path[at];
  if (step === undefined) return value;
  const found = node && inFull(node, path.slice(0, at));
  if (typeof step === "number") {
    if (found?.kind !== "array") throw leadsNowhere(setting, at, "is no list");
    const { items } = found;
    if (step >= items.length) {
      const last =
        items.length === 0 ? "is empty" : `has ${items.length} items, the last is [${items.length - 1}]`;
      throw leadsNowhere(setting, at, last);
    }
    return {
      ...found,
      items: items.map((item, i) => (i === step ? withValue(item, setting, at + 1) : item)),
    };
  }
  if (found !== undefined && found.kind !== "object") throw leadsNowhere(setting, at, "is no object");
  const entries = new Map(found?.entries);
  const inner = withValue(entries.get(step)?.value, setting, at + 1);
  if (inner.kind === "scalar" && inner.value === null) entries.delete(step);
  else entries.set(step, { key: range, value: inner });
  return { kind: "object", range: found?.range ?? range, entries };
}

function leadsNowhere({ path, range }: Setting, at: number, why: string): InputError {
  const place = formatJsonPath(path.slice(0, at));
  return InputError.of("flag/set", `${place} ${why}`, {
    range,
    hint: "ecagen resolve prints the spec in full",
  });
}

/** An abbreviated stage or gate in the form that has fields; anything else as it is. */
function inFull(node: JsonNode, path: JsonPath): JsonNode {
  if (node.kind !== "scalar" || typeof node.value !== "string") return node;
  const [first, index, ...more] = path;
  if (first === "stages" && typeof index === "number" && more.length === 0) {
    const decoded = decodeBlockString({ ...node, value: node.value }, path);
    if ("kind" in decoded) return decoded;
    throw new InputError(decoded);
  }
  const isGate = path.findLast((step) => typeof step === "string") === "attention";
  return isGate && node.value !== NO_ATTENTION
    ? { kind: "object", range: node.range, entries: new Map([["type", { key: node.range, value: node }]]) }
    : node;
}
