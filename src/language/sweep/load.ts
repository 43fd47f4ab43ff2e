import { type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { JsonPath } from "../../base/json-path.js";
import { fileName, type SourceText } from "../../base/source.js";
import { didYouMean } from "../../base/suggest.js";
import { SpecDocument } from "../document.js";
import { parseJsonTree } from "../json-tree.js";
import { specSchema } from "../schema.js";
import { schemaDiagnostics } from "../schema-diagnostics.js";
import { fieldPath } from "../settings.js";
import { type Goal, parseConstraint, parseGoal, type TextProblem } from "./quantities.js";
import {
  isSweepWord,
  rangeSchema,
  SWEEP_WORDS,
  sweepSchema,
  type WrittenRange,
  type WrittenSweep,
} from "./schema.js";
import type { AxisValues, RefuseSweep, Settings, Sweep } from "./sweep.js";

/**
 *     text → tree with places → checked against the schema → fields, ranges, constraints and aims read
 *
 * Errors: `InputError` with everything that is wrong with the file, in the order of its places.
 */
export function loadSweep(source: SourceText): Sweep {
  const text = { file: source.file, text: source.text.replace(/^\uFEFF/, "") };
  const root = parseJsonTree(text);
  if (root.kind !== "object")
    throw InputError.of("spec/wrong-type", "a sweep is an object", { path: [], range: root.range });
  const document = new SpecDocument(root, [text.file]);
  const problems: Diagnostic[] = [];
  const parsed = sweepSchema.safeParse(document.value);
  for (const issue of parsed.error?.issues ?? [])
    problems.push(...schemaDiagnostics(issue, document, { root: sweepSchema, blocks: [] }));
  const refuse: RefuseSweep = (code, message, path, { hint, key = false } = {}) => {
    const range = key ? document.locateKey(path) : document.locate(path);
    problems.push({ code, message, path, range, hint });
  };
  const parts = readParts(document.value, refuse);
  if (parsed.success && problems.length === 0) return sweepOf(parsed.data, parts, document);
  throw new InputError(problems.toSorted((a, b) => (a.range?.offset ?? 0) - (b.range?.offset ?? 0)));
}

/** What of a sweep its schema leaves as texts and values. */
type Parts = Pick<Sweep, "list" | "axes" | "constraints"> & { readonly goals: readonly (Goal | undefined)[] };

/** Reads what it can of a file that need not fit the schema: what is wrong elsewhere doesn't silence it. */
function readParts(value: unknown, refuse: RefuseSweep): Parts {
  const { list, axes, sample, constraints, front, bench } = entriesOf(value);
  const read = <T extends object>(parsed: T | TextProblem, path: JsonPath): T | undefined => {
    if (!("message" in parsed)) return parsed;
    refuse("sweep/number", parsed.message, path, { hint: parsed.hint });
    return undefined;
  };
  const texts = (written: unknown): readonly string[] =>
    listOf(written).filter((each) => typeof each === "string");
  const goals = texts(front).map((text, i) => read(parseGoal(text), ["front", i]));
  for (const [i, goal] of goals.entries())
    if (goal?.quantity === "medianMs" && bench !== true)
      refuse("sweep/number", "nothing is timed", ["front", i], { hint: 'write "bench": true' });
  const settings = listOf(list ?? [{}]).map((each, i) => readSettings(each, ["list", i], refuse));
  return {
    list: settings,
    axes: new Map(
      Object.entries(entriesOf(axes)).map(([key, written]) => {
        const path = ["axes", key];
        checkField(key, path, refuse);
        if (settings.some((each) => each.has(key)))
          refuse("sweep/field", "the list sets this field already", path, { key: true });
        return [key, readAxis(written, path, sample !== undefined, refuse)];
      }),
    ),
    constraints: texts(constraints).flatMap(
      (text, i) => read(parseConstraint(text), ["constraints", i]) ?? [],
    ),
    goals,
  };
}

function sweepOf(written: WrittenSweep, { goals, ...parts }: Parts, document: SpecDocument): Sweep {
  const { base, sample, verify, bench } = written;
  const [across = DEFAULT_GOALS[0], up = DEFAULT_GOALS[1]] = goals;
  return {
    name: written.name ?? fileName(fileName(document.files[0] ?? "", ".jsonc"), ".json"),
    description: written.description,
    bases:
      typeof base === "string"
        ? [{ reference: base, path: ["base"] }]
        : base.map((reference, i) => ({ reference, path: ["base", i] })),
    ...parts,
    ...{ sample, front: [across, up], verify, bench, document },
  };
}

const DEFAULT_GOALS: readonly [Goal, Goal] = [
  { better: "least", quantity: "macs" },
  { better: "least", quantity: "parameters" },
];

/** The values as the file has them: a gate's name is not yet its options. */
function readSettings(written: unknown, path: JsonPath, refuse: RefuseSweep): Settings {
  const settings = new Map(Object.entries(entriesOf(written)));
  for (const key of settings.keys()) checkField(key, [...path, key], refuse);
  return settings;
}

function readAxis(written: unknown, path: JsonPath, isSampled: boolean, refuse: RefuseSweep): AxisValues {
  if (Array.isArray(written)) return written;
  const range = rangeSchema.safeParse(written);
  // What is no range either, the schema refuses.
  return range.success ? valuesOf(range.data, path, isSampled, refuse) : [];
}

function entriesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** A setting is one of the sweep's words, or a field of specs. */
function checkField(key: string, path: JsonPath, refuse: RefuseSweep): void {
  if (isSweepWord(key)) return;
  const field = fieldPath(key);
  const [first] = field ?? [];
  if (field === undefined || first === "extends") {
    refuse("sweep/field", `${JSON.stringify(key)} is no field of a spec`, path, {
      ...{ key: true, hint: "as input.height, stages[2].kernel or head.dropout" },
    });
  } else if (!Object.hasOwn(specSchema.shape, first ?? "")) {
    const known = [...SWEEP_WORDS, ...Object.keys(specSchema.shape)];
    refuse("sweep/field", `specs have no field ${JSON.stringify(String(first))}`, path, {
      key: true,
      hint: didYouMean(String(first), known) ?? `fields by the paths of --set, and ${SWEEP_WORDS.join(", ")}`,
    });
  }
}

/** Values of one range. No real axis has more. */
const MOST_STEPS = 10_000;

function valuesOf(
  { from, to, step, scale }: WrittenRange,
  path: JsonPath,
  isSampled: boolean,
  refuse: RefuseSweep,
): AxisValues {
  if (to < from) refuse("sweep/range", `the range ends at ${to}, before ${from}`, [...path, "to"]);
  else if (scale === "log" && step !== undefined)
    refuse("sweep/range", "a step is added, which a scale of ratios has not", [...path, "step"], {
      hint: "leave out one of scale and step, or list the values",
    });
  else if (scale === "log" && from <= 0)
    refuse("sweep/range", "a scale of ratios begins above 0", [...path, "from"]);
  else if (step === undefined && !isSampled)
    refuse("sweep/range", "a range without a step has no end of values", path, {
      hint: "a step, or a sample: { count, seed }",
    });
  else if (step !== undefined && (to - from) / step >= MOST_STEPS)
    refuse("sweep/range", `there are over ${MOST_STEPS} steps`, [...path, "step"]);
  else if (step !== undefined) {
    const count = Math.floor((to - from) / step + 1e-9) + 1;
    return Array.from({ length: count }, (_, i) => Number((from + i * step).toPrecision(12)));
  }
  return { from, to, scale };
}
