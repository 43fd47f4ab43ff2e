import { type Diagnostic, InputError, readable } from "../../base/diagnostic.js";
import { fileKind } from "../../base/file-kinds.js";
import type { JsonPath } from "../../base/json-path.js";
import { readBytes } from "../../files/read-file.js";
import { type JsonArray, type JsonNode, type JsonObject, parseJsonTree } from "../../language/json-tree.js";

/**
 * The names of classes in a file, in the order of the classes:
 *
 *     cat                                a name on each line
 *     ["cat", "dog"]                     a list
 *     {"0": "cat", "1": "dog"}           by index
 *     {"0": ["n02123045", "cat"]}        by index, as Keras' class index has them
 *     {"cat": 0, "dog": 1}               indexes by name: `class_to_idx` of PyTorch, `class_indices` of Keras
 *     {"id2label": {"0": "cat"}}         one of these in a configuration of Hugging Face or timm
 *
 * Errors: `InputError` for a file that can't be read, for any other JSON, and for a class without a name: it would shift those after it.
 */
export function readLabels(file: string): readonly string[] {
  const text = Buffer.from(readBytes(file))
    .toString("utf8")
    .replace(/^\uFEFF/, "");
  return /^\s*[[{]/.test(text) ? labelsOfJson(parseJsonTree({ file, text })) : labelsOfLines(text, file);
}

function labelsOfLines(text: string, file: string): readonly string[] {
  const lines = text
    .replace(/\s+$/, "")
    .split(/\r?\n/)
    .map((line) => line.trim());
  const empty = lines.indexOf("");
  if (empty < 0) return lines;
  throw noLabels(
    file,
    `line ${empty + 1} of ${file} has no name`,
    "one name a line, in the order of the classes",
  );
}

/** The refusal of a file that has other lines than labels of the model: for what it is instead, where that is known. */
export function noLabels(file: string, why: string, hint: string): InputError {
  const kind = fileKind(readBytes(file));
  const message = kind?.hint === undefined ? why : `${file} is not a list of labels: it is ${kind.is}`;
  return InputError.of("run/labels", message, { file, hint: kind?.hint ?? hint });
}

/** Where configurations keep names of classes, the first one first. */
const SECTIONS = ["id2label", "label_names", "label2id"];

const FORMS =
  'known: ["cat", "dog"]; {"0": "cat"}; {"0": ["n02123045", "cat"]}; {"cat": 0}; these under "id2label"';

function labelsOfJson(node: JsonNode, path: JsonPath = []): readonly string[] {
  if (node.kind === "array") return namesOf([...node.items.entries()], path, node);
  if (node.kind !== "object") throw refused([problem(node, path, "expected names of classes")]);
  for (const section of SECTIONS) {
    const entry = node.entries.get(section);
    if (entry !== undefined && entry.value.kind !== "scalar")
      return labelsOfJson(entry.value, [...path, section]);
  }
  const entries = [...node.entries].map(([key, { value }]) => [key, value] as const);
  if (entries.every(([key]) => /^(0|[1-9]\d{0,8})$/.test(key))) {
    return namesOf(
      entries.map(([key, value]) => [Number(key), value] as const),
      path,
      node,
    );
  }
  const byName = entries.map(([key, value]) => [numberOf(value), key] as const);
  if (byName.every(([index]) => index !== undefined)) {
    return inOrder(
      byName.map(([index = 0, name]) => [index, name] as const),
      path,
      node,
    );
  }
  throw refused([problem(node, path, `these are not names of classes: ${keysText(node)}`)]);
}

/** The names at their indexes; all that is wrong with them at once. */
function namesOf(
  entries: readonly (readonly [index: number, value: JsonNode])[],
  path: JsonPath,
  whole: JsonNode,
): readonly string[] {
  const problems: Diagnostic[] = [];
  const named = entries.map(([index, value]) => {
    const at = [...path, whole.kind === "array" ? index : String(index)];
    const node = isWordNetPair(value) ? value.items[1] : value;
    const name = node?.kind === "scalar" && typeof node.value === "string" ? node.value.trim() : "";
    if (name === "") problems.push(problem(value, at, `class ${index} has no name`));
    return [index, name] as const;
  });
  if (problems.length > 0) throw refused(problems);
  return inOrder(named, path, whole);
}

/** Whether it is a pair as `["n02123045", "tabby"]`: WordNet's number, and the name. */
function isWordNetPair(node: JsonNode): node is JsonArray {
  const [number] = node.kind === "array" && node.items.length === 2 ? node.items : [];
  return number?.kind === "scalar" && /^n\d{8}$/.test(String(number.value));
}

function inOrder(
  named: readonly (readonly [index: number, name: string])[],
  path: JsonPath,
  whole: JsonNode,
): readonly string[] {
  const names = new Map(named);
  const missing = named.findIndex((_, index) => !names.has(index));
  if (named.length > 0 && missing < 0) return named.map((_, index) => names.get(index) as string);
  throw refused([
    problem(whole, path, named.length === 0 ? "there are no names" : `class ${missing} has no name`),
  ]);
}

function numberOf(node: JsonNode): number | undefined {
  return node.kind === "scalar" && Number.isInteger(node.value) ? Number(node.value) : undefined;
}

function keysText({ entries }: JsonObject): string {
  const keys = [...entries.keys()].slice(0, 5).map((key) => JSON.stringify(key.slice(0, 40)));
  return `${keys.join(", ")}${entries.size > keys.length ? " …" : ""}`;
}

function problem(node: JsonNode, path: JsonPath, message: string): Diagnostic {
  return { code: "run/labels", message, path, range: node.range, file: node.range.source.file, hint: FORMS };
}

function refused(problems: readonly Diagnostic[]): InputError {
  return new InputError(readable(problems));
}
