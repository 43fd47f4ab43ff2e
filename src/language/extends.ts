import { InputError } from "../base/diagnostic.js";
import type { SourceText } from "../base/source.js";
import { type JsonObject, mergeTrees, parseJsonTree } from "./json-tree.js";
import type { SpecLibrary } from "./library.js";

/** What a spec says of itself alone: a network made from another one has not its name and not its counts. */
const NOT_INHERITED: readonly string[] = ["$schema", "name", "description", "extends", "expect"];

/** Bases under one another: as deep as objects and lists may be nested. */
const MOST_BASES = 64;

/** A spec with its bases merged under it, and the files that it was read from, its own first. */
export interface Inherited {
  readonly root: JsonObject;
  readonly files: readonly string[];
}

/**
 * Reads what a spec extends, as far as the chain goes, and merges it. Refuses a base that is not there, a chain
 * that comes back to one of its files, and an endless one.
 */
export function readWithBases(
  { file, text }: SourceText,
  library: SpecLibrary,
  chain: readonly string[] = [],
): Inherited {
  const source = { file, text: text.replace(/^\uFEFF/, "") };
  const root = parseJsonTree(source);
  if (root.kind !== "object") {
    throw InputError.of("spec/wrong-type", "a spec is an object", { path: [], range: root.range });
  }
  const files = [...chain, file];
  const reference = root.entries.get("extends")?.value;
  // A reference that is no text is the schema's to report.
  if (reference?.kind !== "scalar" || typeof reference.value !== "string") return { root, files: [file] };
  const place = { path: ["extends"], range: reference.range };
  const base = library.read(reference.value, file, place);
  const again = files.findIndex((each) => library.identity(each) === library.identity(base.file));
  if (again >= 0) {
    const circle = [...files.slice(again), base.file].join(" → ");
    throw InputError.of("spec/circular-extends", `"extends" goes in a circle: ${circle}`, place);
  }
  if (files.length > MOST_BASES) {
    throw InputError.of("spec/too-complex", `over ${MOST_BASES} specs extend one another`, {
      ...place,
      hint: "extend one that is further down the chain",
    });
  }
  const inherited = readWithBases(base, library, files);
  return {
    root: mergeTrees(withoutOwn(inherited.root), root),
    files: [file, ...inherited.files],
  };
}

function withoutOwn(base: JsonObject): JsonObject {
  return { ...base, entries: new Map([...base.entries].filter(([name]) => !NOT_INHERITED.includes(name))) };
}
