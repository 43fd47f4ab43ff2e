import type { Diagnostic } from "../base/diagnostic.js";
import { sha256Hex } from "../base/sha256.js";
import { fileName, type SourceText } from "../base/source.js";
import { withoutLater } from "../ir/attention/later.js";
import { ATTENTION_TYPES, attentionModules } from "../ir/attention/modules.js";
import { checkSpec } from "./check.js";
import { SpecDocument } from "./document.js";
import { readWithBases } from "./extends.js";
import type { SpecLibrary } from "./library.js";
import { printedBlock } from "./printed-block.js";
import type { ResolvedSpec } from "./resolved.js";
import { type SpecChanges, withChanges } from "./settings.js";
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
 *     text → tree with places → bases merged → other values set → shorthands expanded → checked → resolved
 *
 * @throws InputError with everything that is wrong with the spec, in the order of its places
 */
export function loadSource(source: SourceText, library: SpecLibrary, changes: SpecChanges = {}): LoadedSpec {
  const { root, files } = readWithBases(source, library);
  const found: Diagnostic[] = [];
  const document = new SpecDocument(
    expandShorthands(withChanges(root, changes), (diagnostic) => found.push(diagnostic)),
    files,
  );
  const resolved = checkSpec(document, fileName(source.file, ".json"), found);
  let hash: string | undefined;
  return {
    resolved,
    document,
    // Not every command asks for it.
    get hash() {
      hash ??= hashOf(resolved);
      return hash;
    },
  };
}

/** What a resolved spec says that is not about the network: where it was written, words and numbers for people, images. */
const NOT_HASHED = ["specPath", "description", "family", "expect", "preprocessing", "labels"];

/** The hash of what a resolved spec says about the network. */
function hashOf(resolved: ResolvedSpec): string {
  const said = { ...resolved, blocks: resolved.blocks.map(printedBlock) };
  const canonical = JSON.stringify(said, (key, value: unknown) => {
    if (NOT_HASHED.includes(key)) return undefined;
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    return Object.fromEntries(Object.entries(withoutIdle(value)).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
  return sha256Hex(canonical);
}

/** Options of attention without those that change nothing and that older specs knew nothing of; other objects as they are. */
function withoutIdle(value: object): object {
  const { type } = value as { readonly type?: unknown };
  const module = ATTENTION_TYPES.find((each) => each === type);
  return module === undefined ? value : withoutLater(module, value, attentionModules[module].options.shape);
}
