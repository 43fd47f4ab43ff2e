import { createHash } from "node:crypto";
import { basename } from "node:path";
import type { Diagnostic } from "../base/diagnostic.js";
import type { SourceText } from "../base/source.js";
import { checkSpec } from "./check.js";
import { SpecDocument } from "./document.js";
import { readWithBases } from "./extends.js";
import { type ReadFile, readSpec, readTextFile } from "./read.js";
import type { ResolvedSpec } from "./resolved.js";
import { expandShorthands } from "./shorthand.js";

/** A spec that was read, checked and resolved. */
export interface LoadedSpec {
  readonly resolved: ResolvedSpec;
  /** What was written where. Paths of the resolved spec (`specPath`) are paths of this document. */
  readonly document: SpecDocument;
  /** SHA-256 of the resolved spec, in hexadecimal: equal for specs that say the same in other words. */
  readonly hash: string;
}

/**
 * Reads a spec: a path, or the bare name of one that ships with ecagen.
 *
 * @throws InputError with everything that is wrong with it, in the order of its places
 */
export function loadSpec(file: string, read: ReadFile = readTextFile): LoadedSpec {
  return load(readSpec(file, "", read), read);
}

/** As `loadSpec`, for a text at hand. `file` is its name in messages, and `extends` is relative to its folder. */
export function parseSpecText(text: string, file: string, read: ReadFile = readTextFile): LoadedSpec {
  return load({ file, text: text.replace(/^\uFEFF/, "") }, read);
}

/**
 *     text → tree with places → bases merged → shorthands expanded → checked → resolved
 */
function load(source: SourceText, read: ReadFile): LoadedSpec {
  const { root, files } = readWithBases(source, read);
  const found: Diagnostic[] = [];
  const document = new SpecDocument(
    expandShorthands(root, (diagnostic) => found.push(diagnostic)),
    files,
  );
  const resolved = checkSpec(document, basename(source.file).replace(/\.json$/, ""), found);
  return { resolved, document, hash: hashOf(resolved) };
}

/** What a resolved spec says that is not about the network: where it was written, words and numbers for people, images. */
const NOT_HASHED = ["specPath", "description", "family", "expect", "preprocessing", "labels"];

/** The hash of what a resolved spec says about the network. */
function hashOf(resolved: ResolvedSpec): string {
  const canonical = JSON.stringify(resolved, (key, value: unknown) => {
    if (NOT_HASHED.includes(key)) return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return createHash("sha256").update(canonical).digest("hex");
}
