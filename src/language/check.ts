import { type Diagnostic, InputError } from "../base/diagnostic.js";
import { formatJsonPath, type JsonPath } from "../base/json-path.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import { checkInvocation, parsePipeline } from "../passes/engine/pipeline.js";
import { isPassName } from "../passes/registry.js";
import { isDefined } from "./blocks/registry.js";
import { checkStageValues } from "./check-stages.js";
import type { DefinitionProblem, RefuseDefinition } from "./definitions/amounts.js";
import { checkDefinitions } from "./definitions/check-definitions.js";
import type { SpecDocument } from "./document.js";
import { type JsonNode, type JsonScalar, jsonValue, nodeAt } from "./json-tree.js";
import { checkNeckLayers } from "./neck/check.js";
import { resolveSpec } from "./resolve.js";
import type { ResolvedSpec } from "./resolved.js";
import { specRules } from "./rules/registry.js";
import type { RuleSubject } from "./rules/rule.js";
import { type FilledSpec, specSchemasFor } from "./schema.js";
import { schemaDiagnostics } from "./schema-diagnostics.js";
import { substitutes } from "./substitutes.js";

/**
 * Checks a spec against its schema, its rules and the passes that it names, and resolves it. Throws all that was
 * found, in the order of its places. What one check refuses doesn't silence the others: where the schema refuses a
 * value, the rules see the spec with others instead, and what they say whichever stands there is reported.
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
  const unreadable = new Set(found.flatMap(({ path }) => (path === undefined ? [] : [formatJsonPath(path)])));
  for (const issue of parsed.error?.issues ?? []) {
    // What is inside of something unreadable was reported with it.
    if (pathsTo(issue.path as JsonPath).some((path) => unreadable.has(formatJsonPath(path)))) continue;
    schemaDiagnostics(issue, document, { root: schemas.spec, blocks: schemas.blocks }).forEach(report);
  }
  const specs = parsed.data === undefined ? substitutes(value, schemas) : [parsed.data];
  const examined = specs.map((spec) => examine(spec, name, passes, document));
  saidOfAll(examined.map(({ problems }) => problems)).forEach(report);
  const resolved = parsed.success ? examined[0]?.resolved : undefined;
  if (diagnostics.length > 0 || resolved === undefined) throw new InputError(inOrder(diagnostics, document));
  return resolved;
}

/** What is wrong with a spec that the schema accepts, and the spec resolved; undefined where a definition is wrong. */
function examine(
  spec: FilledSpec,
  name: string,
  passes: readonly PassInvocation[],
  document: SpecDocument,
): { readonly problems: readonly Diagnostic[]; readonly resolved: ResolvedSpec | undefined } {
  const problems: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic): void => {
    problems.push(diagnostic);
  };
  const resolved = withDefinitionProblems(document, report, (refuse) => {
    checkStageValues(spec, refuse);
    const areSound = [checkDefinitions(spec, refuse), checkNeckLayers(spec, refuse)].every((each) => each);
    return areSound ? resolveSpec(spec, name, passes, refuse) : undefined;
  });
  checkRules({ written: written(spec), resolved }, document, report);
  return { problems, resolved };
}

/** The problems of the first list that every other list has in the same words at the same place. */
function saidOfAll(lists: readonly (readonly Diagnostic[])[]): readonly Diagnostic[] {
  const [first = [], ...others] = lists;
  const keys = others.map((list) => new Set(list.map(keyOf)));
  return first.filter((problem) => keys.every((each) => each.has(keyOf(problem))));
}

function keyOf({ code, message, path }: Diagnostic): string {
  return JSON.stringify([code, message, path]);
}

function checkRules(
  subject: RuleSubject,
  document: SpecDocument,
  report: (diagnostic: Diagnostic) => void,
): void {
  for (const { name, check } of specRules) {
    const said = new Set<string>();
    check(subject, (path, message, hint) => {
      // What is wrong with one block of a stage is wrong with the next ones too.
      const place = formatJsonPath(path);
      if (!said.has(place))
        report({ code: `spec/${name}`, message, path, range: document.locate(path), hint });
      said.add(place);
    });
  }
}

function written({ input, preprocessing, stem, stages }: FilledSpec): RuleSubject["written"] {
  return {
    input,
    preprocessing,
    stem: stem ?? undefined,
    stages: stages.map((stage) => (isDefined(stage) ? undefined : stage)),
    gates: stages.map(({ attention }) => attention),
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

/** The path of the root, and so on down to the path itself. */
function pathsTo(path: JsonPath): readonly JsonPath[] {
  return [[], ...path.map((_, i) => path.slice(0, i + 1))];
}

/**
 * The spec's `passes` with their options checked and defaulted. Each entry is `{ "pass": name, ...options }` or a
 * pipeline as text. Entries that have neither form are left to the schema.
 */
function readPassEntries(
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
