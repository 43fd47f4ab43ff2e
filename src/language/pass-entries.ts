import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { JsonPath } from "../base/json-path.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import { checkInvocation, parsePipeline } from "../passes/engine/pipeline.js";
import { isPassName } from "../passes/registry.js";
import type { SpecDocument } from "./document.js";
import { type JsonNode, type JsonScalar, jsonValue, nodeAt } from "./json-tree.js";

/**
 * The spec's `passes` with their options checked and defaulted. Each entry is `{ "pass": name, ...options }` or a
 * pipeline as text. Entries that have neither form are left to the schema.
 */
export function readPassEntries(
  document: SpecDocument,
  report: (diagnostic: Diagnostic) => void,
): readonly PassInvocation[] {
  const list = nodeAt(document.root, ["passes"]);
  if (list?.kind !== "array") return [];
  return list.items.flatMap((entry, i) => {
    const path = ["passes", i];
    if (entry.kind === "scalar" && typeof entry.value === "string") {
      return readPipeline({ ...entry, value: entry.value }, path, report);
    }
    const name = nodeAt(entry, ["pass"]);
    if (name?.kind !== "scalar" || typeof name.value !== "string") return [];
    return readInvocation(name.value, entry, path, document, report);
  });
}

function readInvocation(
  pass: string,
  entry: JsonNode,
  path: JsonPath,
  document: SpecDocument,
  report: (diagnostic: Diagnostic) => void,
): readonly PassInvocation[] {
  const { pass: _, ...options } = jsonValue(entry) as Readonly<Record<string, unknown>>;
  const checked = checkInvocation(pass, options);
  if ("invocation" in checked) return [{ ...checked.invocation, specPath: path }];
  for (const { message, hint, path: inside } of checked.problems) {
    const known = isPassName(pass);
    const at = [...path, ...(known ? inside : ["pass"])];
    const range = known ? document.locateKey(at) : document.locate(at);
    report({ code: known ? "spec/pass-option" : "spec/unknown-pass", message, path: at, range, hint });
  }
  return [];
}

function readPipeline(
  { value, range }: JsonScalar & { readonly value: string },
  path: JsonPath,
  report: (diagnostic: Diagnostic) => void,
): readonly PassInvocation[] {
  // In a literal with escapes offsets into the text say nothing about the file: the whole literal is the place.
  const exact = range.length === value.length + 2;
  try {
    const place = exact ? { source: range.source, offset: range.offset + 1 } : undefined;
    return parsePipeline(value, place).map((invocation) => ({ ...invocation, specPath: path }));
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    for (const diagnostic of error.diagnostics) {
      report({ ...diagnostic, path, range: exact ? (diagnostic.range ?? range) : range });
    }
    return [];
  }
}
