import type * as z from "zod";
import type { Diagnostic } from "../base/diagnostic.js";
import type { DiagnosticCode } from "../base/diagnostic-codes/registry.js";
import { choiceWords, limitWords, typeWord } from "../base/issue-words.js";
import type { JsonPath } from "../base/json-path.js";
import { didYouMean } from "../base/suggest.js";
import { ATTENTION_TYPES, SELECTION_TYPES } from "../ir/attention/modules.js";
import { NO_ATTENTION } from "./attention.js";
import { LAYER_KINDS } from "./definitions/layer-schema.js";
import type { SpecDocument } from "./document.js";
import type { SpecSchemas } from "./schema.js";
import { keysAt, schemaAt } from "./schema-walk.js";

/** What the schema has against a spec, in words and with places. One issue may be several unknown keys. */
export function describeIssue(
  issue: z.core.$ZodIssue,
  document: SpecDocument,
  schemas: SpecSchemas,
): readonly Diagnostic[] {
  const path = issue.path as JsonPath;
  const at = { path, range: document.locate(path) };
  const got = kindOf(document.valueAt(path));
  switch (issue.code) {
    case "unrecognized_keys": {
      const known = keysAt(schemas.spec, path, document.value);
      return issue.keys.map((key) => ({
        code: "spec/unknown-key",
        message: `unknown key ${JSON.stringify(key)}`,
        path: [...path, key],
        range: document.locateKey([...path, key]),
        hint: didYouMean(key, known),
      }));
    }
    case "invalid_type":
      if (got === "nothing") return [missing(path, document, schemas)];
      return [
        {
          code: "spec/wrong-type",
          message: `expected ${expectedAt(path, issue, document, schemas)}, got ${got}`,
          ...at,
          hint: unquoted(issue.expected, document.valueAt(path)),
        },
      ];
    case "too_small":
    case "too_big":
      return [outOfRange(limitWords(issue), document, path)];
    case "invalid_value":
      if (got === "nothing") return [missing(path, document, schemas)];
      return [
        unknownWord(
          "spec/unknown-word",
          `expected ${choiceWords(issue.values)}`,
          issue.values,
          document,
          path,
        ),
      ];
    case "invalid_union": {
      if (got === "nothing") return [missing(path, document, schemas)];
      if (issue.discriminator !== undefined) {
        const [what, code, known] = variantsOf(issue.discriminator, path, schemas);
        return [unknownWord(code, `unknown ${what}`, known, document, path)];
      }
      // The variant that the value belongs to by its type is the one that its author meant.
      const meant = issue.errors.find((issues) =>
        issues.every(({ path: [step], code }) => step !== undefined || code === "unrecognized_keys"),
      );
      if (meant === undefined)
        return [{ code: "spec/wrong-type", message: `${issue.message}, got ${got}`, ...at }];
      return meant.flatMap((each) =>
        describeIssue({ ...each, path: [...issue.path, ...each.path] }, document, schemas),
      );
    }
    case "invalid_key":
      return [
        {
          code: "spec/invalid-name",
          message: issue.issues[0]?.message ?? issue.message,
          path,
          range: document.locateKey(path),
        },
      ];
    default:
      return [{ code: "spec/invalid", message: issue.message, ...at }];
  }
}

/** What a key that tells variants apart is called in messages, the code of an unknown one, and the words that it may have. */
function variantsOf(
  discriminator: string,
  path: JsonPath,
  { blocks }: SpecSchemas,
): readonly [what: string, code: DiagnosticCode, known: readonly string[]] {
  if (discriminator === "block") return ["block", "spec/unknown-block", blocks];
  if (discriminator === "layer") return ["layer", "spec/unknown-layer", LAYER_KINDS];
  if (path.at(-2) === "join") return ["selection", "spec/unknown-selection", SELECTION_TYPES];
  return ["attention", "spec/unknown-attention", [...ATTENTION_TYPES, NO_ATTENTION]];
}

function missing(path: JsonPath, document: SpecDocument, schemas: SpecSchemas): Diagnostic {
  const message = `${JSON.stringify(String(path.at(-1)))} is missing`;
  const field = schemaAt(schemas.spec, path, document.value);
  return { code: "spec/missing-key", message, path, range: document.locate(path), hint: field?.description };
}

function unknownWord(
  code: DiagnosticCode,
  message: string,
  known: readonly unknown[],
  document: SpecDocument,
  path: JsonPath,
): Diagnostic {
  const word = document.valueAt(path);
  const written = JSON.stringify(word);
  const text = message.startsWith("expected") ? `${message}, got ${written}` : `${message} ${written}`;
  const hint = typeof word === "string" ? didYouMean(word, known.map(String)) : undefined;
  return { code, message: text, path, range: document.locate(path), hint };
}

function outOfRange(limit: string, document: SpecDocument, path: JsonPath): Diagnostic {
  const value = document.valueAt(path);
  const got = Array.isArray(value) ? `${value.length}` : JSON.stringify(value);
  return {
    code: "spec/out-of-range",
    message: `${limit}, got ${got}`,
    path,
    range: document.locate(path),
  };
}

/** zod says `number` of an integer field that got text; its author wants to hear `integer`. */
function expectedAt(
  path: JsonPath,
  issue: z.core.$ZodIssueInvalidType,
  document: SpecDocument,
  schemas: SpecSchemas,
): string {
  const schema = schemaAt(schemas.spec, path, document.value);
  if (schema?.type === "union" && issue.message.startsWith("expected ")) {
    return issue.message.slice("expected ".length);
  }
  if ((schema as { format?: unknown } | undefined)?.format === "safeint") return "integer";
  return typeWord(issue.expected);
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
