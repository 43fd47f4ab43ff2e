import type { JsonPath } from "../base/json-path.js";
import type { SourceRange } from "../base/source.js";
import { type JsonObject, jsonValue, nodeAt } from "./json-tree.js";

/** A spec as its files have it: bases merged, shorthands expanded, and every value still knows where it was written. */
export class SpecDocument {
  readonly root: JsonObject;
  /** The files it was read from, the spec's own first, then the one that it extends, and so on. */
  readonly files: readonly string[];
  #value: { readonly of: unknown } | undefined;

  constructor(root: JsonObject, files: readonly string[]) {
    this.root = root;
    this.files = files;
  }

  /** Made once: each of many mistakes asks for it. */
  get value(): unknown {
    this.#value ??= { of: jsonValue(this.root) };
    return this.#value.of;
  }

  /** The value at a path; undefined where there is none. */
  valueAt(path: JsonPath): unknown {
    const node = nodeAt(this.root, path);
    return node === undefined ? undefined : jsonValue(node);
  }

  /**
   * The place of a value in the file that wrote it, through `extends` the base's. For a path that doesn't exist,
   * the nearest value above it; undefined where even the root has no place.
   */
  locate(path: JsonPath): SourceRange | undefined {
    for (let length = path.length; length >= 0; length--) {
      const node = nodeAt(this.root, path.slice(0, length));
      if (node !== undefined) return node.range;
    }
    return undefined;
  }

  /** The place of a part of the text at a path; of the whole value where the text has escapes, or is none. */
  locateText(path: JsonPath, part: { readonly offset: number; readonly length: number } | undefined) {
    const range = this.locate(path);
    const text = this.valueAt(path);
    if (part === undefined || range === undefined || typeof text !== "string") return range;
    // An escape is longer in the file than in the text.
    if (range.length !== text.length + 2) return range;
    return { ...range, offset: range.offset + 1 + part.offset, length: part.length };
  }

  /** The place of the key that a path ends in. For list items and missing keys the same as `locate`. */
  locateKey(path: JsonPath): SourceRange | undefined {
    const parent = nodeAt(this.root, path.slice(0, -1));
    const key = path.at(-1);
    if (parent?.kind !== "object" || key === undefined) return this.locate(path);
    return parent.entries.get(String(key))?.key ?? this.locate(path);
  }
}
