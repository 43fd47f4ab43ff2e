import { type Node, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import { utf8 } from "../base/bytes.js";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { fileKind, LONGEST_FILE_START } from "../base/file-kinds.js";
import type { JsonPath } from "../base/json-path.js";
import { positionAt, type SourceRange, type SourceText } from "../base/source.js";

/** A JSON value with the place where it was written. Trees of several files can be merged into one. */
export type JsonNode = JsonScalar | JsonArray | JsonObject;

export interface JsonScalar {
  readonly kind: "scalar";
  readonly range: SourceRange;
  readonly value: string | number | boolean | null;
}

export interface JsonArray {
  readonly kind: "array";
  readonly range: SourceRange;
  readonly items: readonly JsonNode[];
}

export interface JsonObject {
  readonly kind: "object";
  readonly range: SourceRange;
  readonly entries: ReadonlyMap<string, JsonEntry>;
}

/** A key of an object with its value. */
export interface JsonEntry {
  readonly key: SourceRange;
  readonly value: JsonNode;
}

/** Keys that mean something to JavaScript objects: no spec needs them, and a program that merges must not meet them. */
export const REFUSED_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Reads JSON with comments and trailing commas. Refuses, all at once: syntax errors, duplicate keys, keys of
 * JavaScript's own, and numbers that no float64 holds.
 */
export function parseJsonTree(source: SourceText): JsonNode {
  refuseMonsters(source);
  const errors: ParseError[] = [];
  const root = parseTree(source.text, errors, { allowTrailingComma: true });
  if (errors.length > 0 || root === undefined) {
    throw somethingElse(source, errors) ?? new InputError(syntaxDiagnostics(source, errors));
  }
  const diagnostics: Diagnostic[] = [];
  const tree = convert(root, source, [], (diagnostic) => diagnostics.push(diagnostic));
  if (diagnostics.length > 0) throw new InputError(diagnostics);
  return tree;
}

/** The plain value of a tree. */
export function jsonValue(node: JsonNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "array") return node.items.map(jsonValue);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, jsonValue(entry.value)]));
}

/** The node at a path, or undefined. */
export function nodeAt(root: JsonNode, path: JsonPath): JsonNode | undefined {
  return path.reduce<JsonNode | undefined>((node, step) => {
    if (node?.kind === "object") return node.entries.get(String(step))?.value;
    if (node?.kind === "array" && typeof step === "number") return node.items[step];
    return undefined;
  }, root);
}

function convert(
  node: Node,
  source: SourceText,
  path: JsonPath,
  report: (diagnostic: Diagnostic) => void,
): JsonNode {
  const range = { source, offset: node.offset, length: node.length };
  if (node.type === "array") {
    const items = (node.children ?? []).map((child, i) => convert(child, source, [...path, i], report));
    return { kind: "array", range, items };
  }
  if (node.type !== "object") {
    if (typeof node.value === "number" && !Number.isFinite(node.value)) {
      report({ code: "spec/number", message: "this number is too large for a 64-bit float", path, range });
    }
    return { kind: "scalar", range, value: node.value as JsonScalar["value"] };
  }
  const entries = new Map<string, JsonEntry>();
  for (const { children = [] } of node.children ?? []) {
    const [keyNode, valueNode] = children;
    if (keyNode === undefined || valueNode === undefined) continue;
    const name = String(keyNode.value);
    const key = { source, offset: keyNode.offset, length: keyNode.length };
    const at = [...path, name];
    if (REFUSED_KEYS.has(name)) {
      report({
        code: "spec/refused-key",
        message: `the key ${JSON.stringify(name)} is not allowed`,
        path: at,
        range: key,
      });
    } else if (entries.has(name)) {
      const message = `the key ${JSON.stringify(name)} is twice in this object`;
      report({ code: "spec/duplicate-key", message, path: at, range: key });
    }
    entries.set(name, { key, value: convert(valueNode, source, at, report) });
  }
  return { kind: "object", range, entries };
}

const SYNTAX_MESSAGES: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value",
  InvalidNumberFormat: "this is no JSON number",
  PropertyNameExpected: "expected a key in double quotes",
  ValueExpected: "expected a value",
  ColonExpected: "expected a colon",
  CommaExpected: "expected a comma",
  CloseBraceExpected: "expected a closing brace",
  CloseBracketExpected: "expected a closing bracket",
  EndOfFileExpected: "expected nothing more after the spec's object",
  InvalidCommentToken: "this is no comment",
  UnexpectedEndOfComment: "the comment doesn't end",
  UnexpectedEndOfString: "the text doesn't end: a double quote is missing",
  UnexpectedEndOfNumber: "the number doesn't end",
  InvalidUnicode: "this is no \\u escape: four hexadecimal digits are needed",
  InvalidEscapeCharacter: "this is no escape of JSON",
  InvalidCharacter: "a control character must be written as an escape",
};

/** The refusal of a text that is no JSON from its first character on, where it is known what it is. */
function somethingElse({ file, text }: SourceText, errors: readonly ParseError[]): InputError | undefined {
  const start = text.search(/\S/);
  if (errors[0]?.offset !== start) return undefined;
  const kind = fileKind(utf8(text.slice(0, LONGEST_FILE_START)));
  if (kind === undefined) return undefined;
  return InputError.of("spec/syntax", `the file is not JSON: it is ${kind.is}`, { file, hint: kind.hint });
}

/** One diagnostic for each mistake: what the parser says about the rest of a line after its first error is noise. */
function syntaxDiagnostics(source: SourceText, errors: readonly ParseError[]): Diagnostic[] {
  const lineOf = (offset: number): number => positionAt(source, offset).line;
  return errors
    .filter(({ offset }, i) => i === 0 || lineOf(offset) !== lineOf(errors[i - 1]?.offset ?? 0))
    .map(({ error, offset, length }) => {
      const written = source.text.slice(offset, offset + length);
      const what = SYNTAX_MESSAGES[printParseErrorCode(error)] ?? "this is no JSON";
      const got =
        written === "" || written.length > 40 || /[\s\p{C}]/u.test(written) ? "" : `, got ${written}`;
      return { code: "spec/syntax", message: `${what}${got}`, range: { source, offset, length } };
    });
}

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

/** Size of the largest file that is read, in bytes and in UTF-16 code units. The gallery's largest has 2 kB. */
export const MAX_FILE_SIZE = 16 * 1024 * 1024;

/** Objects and lists in one another. A spec needs six. */
const MAX_NESTING = 64;

/** Objects and lists in one file. */
const MAX_CONTAINERS = 100_000;

/**
 * Refuses texts that would break or stall the recursive parser: empty, huge, nested deeper than the stack, or
 * made of millions of brackets. Looks at brackets only and stops at the first limit.
 */
function refuseMonsters(source: SourceText): void {
  const { file, text } = source;
  if (text.trim() === "") {
    throw InputError.of("spec/empty", "the file is empty", {
      file,
      hint: "`ecagen init` writes a first spec",
    });
  }
  if (text.length > MAX_FILE_SIZE) throw tooLarge(file);
  let depth = 0;
  let containers = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '"') at = endOfString(text, at);
    else if (character === "/") at = endOfComment(text, at);
    else if (character === "]" || character === "}") depth--;
    else if (character === "[" || character === "{") {
      depth++;
      containers++;
      if (depth > MAX_NESTING || containers > MAX_CONTAINERS) {
        const message =
          depth > MAX_NESTING
            ? `objects and lists are nested over ${MAX_NESTING} levels deep`
            : `there are over ${MAX_CONTAINERS} objects and lists`;
        throw InputError.of("spec/too-complex", message, { range: { source, offset: at, length: 1 } });
      }
    }
  }
}

export function tooLarge(file: string): InputError {
  return InputError.of("spec/too-large", `the file is larger than ${MAX_FILE_SIZE / 1024 / 1024} MiB`, {
    file,
  });
}

/** The index of the quote that ends the string beginning at `start`, or of the line's end. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"' || character === "\n") return at;
    if (character === "\\") at++;
  }
  return text.length;
}

/** The index of the last character of the comment beginning at `start`; `start` where none begins. */
function endOfComment(text: string, start: number): number {
  const [end, length] =
    text[start + 1] === "/"
      ? [text.indexOf("\n", start), 1]
      : text[start + 1] === "*"
        ? [text.indexOf("*/", start + 2), 2]
        : [start, 1];
  return end < 0 ? text.length : end + length - 1;
}
