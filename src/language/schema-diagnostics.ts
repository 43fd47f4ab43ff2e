import type * as z from "zod";
import type { Diagnostic } from "../base/diagnostic.js";
import type { DiagnosticCode } from "../base/diagnostic-codes/registry.js";
import type { JsonPath } from "../base/json-path.js";
import { choiceWords, type SchemaProblem, schemaProblems, typeWord } from "../base/schema-problems.js";
import { schemaAt } from "../base/schema-walk.js";
import { didYouMean } from "../base/suggest.js";
import { ATTENTION_TYPES, SELECTION_TYPES } from "../ir/attention/modules.js";
import { NO_ATTENTION } from "./attention.js";
import { LAYER_KINDS } from "./definitions/layer-schema.js";
import type { SpecDocument } from "./document.js";
import type { SpecSchemas } from "./schema.js";

/** The schema that a document is checked against, and the words for blocks in it. */
interface DocumentSchemas extends Pick<SpecSchemas, "blocks"> {
  readonly root: z.ZodType;
}

/** What the schema has against a spec or a sweep, in words and with places. One issue may be several unknown keys. */
export function schemaDiagnostics(
  issue: z.core.$ZodIssue,
  document: SpecDocument,
  schemas: DocumentSchemas,
): readonly Diagnostic[] {
  return schemaProblems([issue], schemas.root, document.value).map((problem) => {
    const { path } = problem;
    return { path, range: document.locate(path), ...said(problem, document, schemas) };
  });
}

type Said = Pick<Diagnostic, "code" | "message" | "hint"> & Partial<Diagnostic>;

function said(problem: SchemaProblem, document: SpecDocument, schemas: DocumentSchemas): Said {
  const { path, given } = problem;
  switch (problem.kind) {
    case "unknown-key": {
      const { key, known } = problem;
      const at = [...path, key];
      const message = `unknown key ${JSON.stringify(key)}`;
      const range = document.locateKey(at);
      return { code: "spec/unknown-key", message, path: at, range, hint: didYouMean(key, known) };
    }
    case "missing": {
      const hint = schemaAt(schemas.root, path, document.value)?.description;
      return { code: "spec/missing-key", message: `${JSON.stringify(String(path.at(-1)))} is missing`, hint };
    }
    case "wrong-type": {
      const message = `expected ${expectedBy(problem, document, schemas)}, got ${kindOf(given)}`;
      return { code: "spec/wrong-type", message, hint: unquoted(problem.expected, given) };
    }
    case "out-of-range": {
      const got = Array.isArray(given) ? given.length : JSON.stringify(given);
      return { code: "spec/out-of-range", message: `${problem.limit}, got ${got}` };
    }
    case "unknown-word": {
      const written = JSON.stringify(given);
      const [code, message, known] =
        problem.discriminator === undefined
          ? ([
              "spec/unknown-word",
              `expected ${choiceWords(problem.words)}, got ${written}`,
              problem.words,
            ] as const)
          : unknownVariant(problem.discriminator, problem.words, written, path, schemas);
      return { code, message, hint: typeof given === "string" ? didYouMean(given, known) : undefined };
    }
    case "invalid-name":
      return { code: "spec/invalid-name", message: problem.message, range: document.locateKey(path) };
    case "no-form": {
      if (typeof given !== "string" || problem.words.length === 0)
        return { code: "spec/wrong-type", message: `${problem.message}, got ${kindOf(given)}` };
      const message = `${problem.message}, got ${JSON.stringify(given)}`;
      return { code: "spec/unknown-word", message, hint: didYouMean(given, problem.words) };
    }
    case "invalid":
      return { code: "spec/invalid", message: problem.message };
  }
}

/** The parts of a spec whose gates are those of layers. */
const LAYERED: readonly (string | number)[] = ["blocks", "neck", "heads"];

/** An object's variant that is not there, by the key that tells variants apart: code, message, and the words that there are. */
function unknownVariant(
  discriminator: string,
  words: readonly string[],
  written: string,
  path: JsonPath,
  { blocks }: DocumentSchemas,
): readonly [code: DiagnosticCode, message: string, known: readonly string[]] {
  if (discriminator === "block") return ["spec/unknown-block", `unknown block ${written}`, blocks];
  if (discriminator === "layer") return ["spec/unknown-layer", `unknown layer ${written}`, LAYER_KINDS];
  const isOneOf = (types: readonly string[]): boolean => types.every((type) => words.includes(type));
  if (isOneOf(SELECTION_TYPES))
    return ["spec/unknown-selection", `unknown selection ${written}`, SELECTION_TYPES];
  if (!isOneOf(ATTENTION_TYPES))
    return ["spec/unknown-word", `expected ${choiceWords(words)}, got ${written}`, words];
  // Of a list of gates none can be none, and a layer is left out instead.
  const mayBeNone = typeof path.at(-2) !== "number" && !LAYERED.includes(path[0] ?? "");
  return [
    "spec/unknown-attention",
    `unknown attention ${written}`,
    mayBeNone ? [...ATTENTION_TYPES, NO_ATTENTION] : ATTENTION_TYPES,
  ];
}

/** zod says `number` of an integer field that got text; its author wants to hear `integer`. */
function expectedBy(
  { path, expected, message }: SchemaProblem & { readonly kind: "wrong-type" },
  document: SpecDocument,
  schemas: DocumentSchemas,
): string {
  const schema = schemaAt(schemas.root, path, document.value);
  if (schema?.type === "union" && message.startsWith("expected ")) return message.slice("expected ".length);
  if ((schema as { format?: unknown } | undefined)?.format === "safeint") return "integer";
  return typeWord(expected);
}

/** The hint for a number, true or false that was written as text. */
function unquoted(expected: string, value: unknown): string | undefined {
  if (typeof value !== "string") return undefined;
  const isMeant =
    expected === "boolean"
      ? value === "true" || value === "false"
      : ["number", "int"].includes(expected) && value.trim() !== "" && Number.isFinite(Number(value));
  return isMeant ? `write ${value.trim()} without quotes` : undefined;
}

function kindOf(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return typeWord(typeof value);
}
