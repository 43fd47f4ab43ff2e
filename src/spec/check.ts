import type * as z from "zod";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import type { SpecDocument } from "./document.js";
import { describeIssue } from "./issues.js";
import { readPassEntries } from "./pass-entries.js";
import { resolveSpec } from "./resolve.js";
import type { ResolvedSpec } from "./resolved.js";
import { specRules } from "./rules/registry.js";
import type { RuleSubject } from "./rules/rule.js";
import { type Spec, specSchema, stageSchema } from "./schema.js";

/**
 * Checks a spec against its schema, its rules and the passes that it names, and resolves it. Throws all that was
 * found, in the order of its places. What one check refuses doesn't silence the others.
 *
 * @param name the network's name where the spec gives none
 * @param found what was already found when shorthands were expanded
 */
export function checkSpec(document: SpecDocument, name: string, found: readonly Diagnostic[]): ResolvedSpec {
  const diagnostics: Diagnostic[] = [...found];
  const report = (diagnostic: Diagnostic): void => {
    diagnostics.push(diagnostic);
  };
  const passes = readPassEntries(document, report);
  const { value } = document;
  const parsed = specSchema.safeParse(value);
  for (const issue of parsed.error?.issues ?? []) {
    // What is inside of something unreadable was reported with it.
    if (found.some(({ path }) => path !== undefined && startsWith(issue.path, path))) continue;
    describeIssue(issue, document).forEach(report);
  }
  const spec = parsed.data ?? withoutUnknownKeys(value, parsed.error?.issues ?? []);
  const resolved = spec === undefined ? undefined : resolveSpec(spec, name, passes);
  checkRules({ written: spec ?? validParts(value), resolved }, document, report);
  if (diagnostics.length > 0 || resolved === undefined) throw new InputError(inOrder(diagnostics, document));
  return resolved;
}

function checkRules(
  subject: RuleSubject,
  document: SpecDocument,
  report: (diagnostic: Diagnostic) => void,
): void {
  for (const { name, check } of specRules) {
    const code = `spec/${name.replace(/(?<=.)[A-Z]/g, "-$&").toLowerCase()}`;
    const said = new Set<string>();
    check(subject, (path, message, hint) => {
      // What is wrong with one block of a stage is wrong with the next ones too.
      const place = formatJsonPath(path);
      if (!said.has(place)) report({ code, message, path, range: document.locate(path), hint });
      said.add(place);
    });
  }
}

/** The spec read as if its unknown keys, the most frequent mistake, were not there; undefined if that is not enough. */
function withoutUnknownKeys(value: unknown, issues: readonly z.core.$ZodIssue[]): Spec | undefined {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") return undefined;
    const object = issue.path.reduce<unknown>(
      (each, step) => (each as Record<PropertyKey, unknown>)[step],
      copy,
    );
    for (const key of issue.keys) delete (object as Record<string, unknown>)[key];
  }
  return specSchema.safeParse(copy).data;
}

/** The parts of an invalid spec that are valid by themselves. */
function validParts(value: unknown): RuleSubject["written"] {
  const { stem, stages } = (value ?? {}) as { readonly stem?: unknown; readonly stages?: unknown };
  return {
    stem: specSchema.shape.stem.safeParse(stem).data,
    stages: Array.isArray(stages) ? stages.map((stage) => stageSchema.safeParse(stage).data) : [],
  };
}

/** By file and place, each once: a default that is wrong is wrong in every block that takes it. */
function inOrder(diagnostics: readonly Diagnostic[], { files }: SpecDocument): readonly Diagnostic[] {
  const keyed = new Map<string, Diagnostic>();
  for (const diagnostic of diagnostics) {
    const { range, code, message } = diagnostic;
    const key = JSON.stringify([range?.source.file, range?.offset, code, message]);
    if (!keyed.has(key)) keyed.set(key, diagnostic);
  }
  const place = ({ range }: Diagnostic): readonly [number, number] =>
    range === undefined ? [-1, 0] : [files.indexOf(range.source.file), range.offset];
  return [...keyed.values()].sort((a, b) => {
    const [fileA, offsetA] = place(a);
    const [fileB, offsetB] = place(b);
    return fileA - fileB || offsetA - offsetB;
  });
}

function startsWith(path: readonly PropertyKey[], start: JsonPath): boolean {
  return start.every((step, i) => path[i] === step);
}
