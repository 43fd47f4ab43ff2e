import type * as z from "zod";
import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import { isDefined } from "./blocks/registry.js";
import type { DefinitionProblem, RefuseDefinition } from "./definitions/amounts.js";
import { checkDefinitions, type DefinedParts } from "./definitions/check-definitions.js";
import { salvageDefinitions } from "./definitions/salvage.js";
import type { SpecDocument } from "./document.js";
import { describeIssue } from "./issues.js";
import { readPassEntries } from "./pass-entries.js";
import { resolveSpec } from "./resolve.js";
import type { ResolvedSpec } from "./resolved.js";
import { specRules } from "./rules/registry.js";
import type { RuleSubject } from "./rules/rule.js";
import { type Spec, type SpecSchemas, specSchemasFor } from "./schema.js";

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
  const schemas = specSchemasFor(value);
  const parsed = schemas.spec.safeParse(value);
  for (const issue of parsed.error?.issues ?? []) {
    // What is inside of something unreadable was reported with it.
    if (found.some(({ path }) => path !== undefined && startsWith(issue.path, path))) continue;
    describeIssue(issue, document, schemas).forEach(report);
  }
  const spec = parsed.data ?? withoutUnknownKeys(value, parsed.error?.issues ?? [], schemas);
  const parts = spec ?? validParts(value, schemas);
  const resolved = withDefinitionProblems(document, report, (refuse) =>
    checkDefinitions(parts, refuse) && spec !== undefined
      ? resolveSpec(spec, name, passes, refuse)
      : undefined,
  );
  checkRules({ written: written(parts), resolved }, document, report);
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
function withoutUnknownKeys(
  value: unknown,
  issues: readonly z.core.$ZodIssue[],
  schemas: SpecSchemas,
): Spec | undefined {
  const copy: unknown = structuredClone(value);
  for (const issue of issues) {
    if (issue.code !== "unrecognized_keys") return undefined;
    const object = issue.path.reduce<unknown>(
      (each, step) => (each as Record<PropertyKey, unknown>)[step],
      copy,
    );
    for (const key of issue.keys) delete (object as Record<string, unknown>)[key];
  }
  return schemas.spec.safeParse(copy).data;
}

/** What a spec has; undefined for stem and stages that the schema refused. */
interface Parts extends DefinedParts {
  readonly stem: Spec["stem"] | undefined;
}

/** The parts of an invalid spec that are valid by themselves. */
function validParts(value: unknown, schemas: SpecSchemas): Parts {
  const { stem, stages, blocks } = (value ?? {}) as Readonly<Record<string, unknown>>;
  return {
    blocks: salvageDefinitions(blocks),
    stem: schemas.spec.shape.stem.safeParse(stem).data,
    stages: Array.isArray(stages) ? stages.map((stage) => schemas.stage.safeParse(stage).data) : [],
  };
}

function written({ stem, stages }: Parts): RuleSubject["written"] {
  return {
    stem: stem ?? undefined,
    stages: stages.map((stage) => (stage === undefined || isDefined(stage) ? undefined : stage)),
    gates: stages.map((stage) => stage?.attention),
  };
}

/** Gives what `resolve` does, unless it refuses anything of the spec's definitions: that is reported, each place once. */
function withDefinitionProblems<T>(
  document: SpecDocument,
  report: (diagnostic: Diagnostic) => void,
  resolve: (refuse: RefuseDefinition) => T,
): T | undefined {
  const problems = new Map<string, DefinitionProblem>();
  const resolved = resolve((problem) => {
    const place = formatJsonPath(problem.path);
    if (!problems.has(place)) problems.set(place, problem);
  });
  for (const { path, at, message, hint } of problems.values()) {
    report({ code: "spec/definition", message, path, range: document.locateText(path, at), hint });
  }
  return problems.size === 0 ? resolved : undefined;
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
