import { dequal } from "dequal";
import { milliseconds } from "../../base/clock.js";
import { debugging } from "../../base/debugging.js";
import { Defect, type Diagnostic, InputError } from "../../base/diagnostic.js";
import type { JsonPath } from "../../base/json-path.js";
import { type Graph, type Op, storedDataOf, type Value } from "../../ir/graph.js";
import { parseGraph } from "../../ir/parse.js";
import { printGraph, printOp } from "../../ir/print.js";
import { formatType, sameDims } from "../../ir/types.js";
import { verifyGraph } from "../../ir/verifier.js";
import { isPassName, passOf } from "../registry.js";
import type { Pass, PassInvocation } from "./pass.js";

/** What `--json` says of one pass of a run. */
export interface PassReport {
  readonly name: string;
  /** Whether the graph is another one after it. */
  readonly changed: boolean;
  /** Wall-clock time of the pass itself, without checks, in milliseconds. */
  readonly ms: number;
}

/** A pass that has run. */
export interface PassEvent extends PassReport {
  /** Its index in the pipeline, from 0. */
  readonly index: number;
  readonly before: Graph;
  readonly graph: Graph;
  readonly options: PassInvocation["options"];
}

/** What a caller may do between the passes of a run. */
export interface PipelineHooks {
  /** Called after each pass and its checks. */
  readonly after?: ((event: PassEvent) => void) | undefined;
  /** The graph with ops instead of what only now can be read as such; the same object where there is nothing. Asked after what tidies. */
  readonly readAgain?: ((graph: Graph) => Graph) | undefined;
}

/** What came of a run. */
export interface RanPasses {
  readonly graph: Graph;
  readonly reports: readonly PassReport[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

/**
 * Runs the passes in order. After each one the graph is verified, and its inputs and outputs must be those
 * that it had; what is broken is a `Defect` that names the pass. What the user asked for in vain is the
 * pass's own `InputError`, or a warning where there is no harm in going on.
 */
export function runPasses(
  graph: Graph,
  invocations: readonly PassInvocation[],
  hooks: PipelineHooks = {},
): RanPasses {
  let current = graph;
  const warnings: Diagnostic[] = [];
  const reports = invocations.map(({ pass: name, options, specPath }, index): PassReport => {
    if (!isPassName(name)) throw InputError.of("pass/unknown", `unknown pass ${JSON.stringify(name)}`);
    const pass = passOf(name);
    const before = debugging.throughText ? throughText(current) : current;
    const { graph: after, ...report } = atPath(specPath, () => runWhole(pass, before, options, hooks));
    for (const { message, hint } of pass.unmatched?.(before, options) ?? []) {
      warnings.push({ code: "pass/no-match", message: `${name}: ${message}`, hint, path: specPath });
    }
    hooks.after?.({ index, ...report, before, graph: after, options });
    current = after;
    return report;
  });
  return { graph: current, reports, warnings };
}

/** Runs `make`; an error of the user's gets the place of the pass in the spec, whose options led to it. */
function atPath<T>(path: JsonPath | undefined, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InputError) || path === undefined) throw error;
    throw new InputError(error.diagnostics.map((each) => ({ ...each, path, range: undefined })));
  }
}

/** More rounds than arguments of arguments take in files. */
const MOST_ROUNDS = 16;

/** Runs a pass; one that tidies once more over what could be read for what it did, until there is nothing. */
function runWhole(
  pass: Pass,
  before: Graph,
  options: Readonly<Record<string, unknown>>,
  { readAgain }: PipelineHooks,
): PassReport & { readonly graph: Graph } {
  let run = runPass(pass, before, options);
  for (let round = 0; pass.tidies === true && run.changed && round < MOST_ROUNDS; round++) {
    const read = readAgain?.(run.graph) ?? run.graph;
    if (read === run.graph) break;
    const next = runPass(pass, read, options);
    run = { ...next, changed: true, ms: run.ms + next.ms };
  }
  return run;
}

/** Runs one pass of given options and checks what it leaves behind. */
export function runPass(
  pass: Pass,
  before: Graph,
  options: Readonly<Record<string, unknown>>,
): PassReport & { readonly graph: Graph } {
  const start = milliseconds();
  const graph = pass.run(before, options);
  const ms = milliseconds() - start;
  expectValid(pass, before, graph);
  expectSameSignature(pass, before, graph);
  return { name: pass.name, changed: !sameGraph(before, graph), ms, graph };
}

function expectValid(pass: Pass, before: Graph, after: Graph): void {
  const violations = verifyGraph(after);
  if (violations.length === 0) return;
  const lines = violations.flatMap(({ at, message, op }) => [
    `  ${at}: ${message}`,
    ...(op === undefined ? [] : showOps(before, after, op.loc.scope)),
  ]);
  throw new Defect([`the pass ${pass.name} leaves an invalid graph behind`, ...lines].join("\n"));
}

/** The ops of a scope before and after a pass. */
function showOps(before: Graph, after: Graph, scope: string): readonly string[] {
  const show = (graph: Graph, when: string): string[] => {
    const ops = graph.ops.filter((op) => op.loc.scope === scope);
    return ops.length === 0 ? [`    ${when}: nothing`] : ops.map((op) => `    ${when}: ${describeOp(op)}`);
  };
  return [...show(before, "before"), ...show(after, "after")];
}

/** An op as text, even one so broken that it has no text form. */
function describeOp(op: Op): string {
  try {
    return printOp(op);
  } catch {
    return `${op.kind}(${op.operands.map((operand) => operand.name).join(", ")})`;
  }
}

function expectSameSignature(pass: Pass, before: Graph, after: Graph): void {
  for (const side of ["inputs", "outputs"] as const) {
    const [was, is] = [before[side], after[side]];
    const same = was.length === is.length && was.every((value, i) => sameInterface(value, is[i]));
    if (same) continue;
    throw new Defect(
      `the pass ${pass.name} changes the graph's ${side}\n    before: ${describeValues(was)}\n    after: ${describeValues(is)}`,
    );
  }
}

/** Known elements are no part of it: a pass may know more of them, or fewer where it computed them. */
function sameInterface(a: Value, b: Value | undefined): boolean {
  return (
    b !== undefined &&
    a.name === b.name &&
    a.type.dtype === b.type.dtype &&
    sameDims(a.type.dims, b.type.dims)
  );
}

function describeValues(values: readonly Value[]): string {
  return values.map(({ name, type }) => `${name} : ${formatType(type)}`).join(", ");
}

/** Whether two graphs say the same. An op that no pass touched is the same object; only others are looked into. */
function sameGraph(a: Graph, b: Graph): boolean {
  return (
    a === b ||
    (a.name === b.name &&
      a.ops.length === b.ops.length &&
      a.ops.every((op, i) => op === b.ops[i] || dequal(op, b.ops[i])) &&
      dequal(a.outputs, b.outputs) &&
      dequal(a.inputs, b.inputs) &&
      dequal(a.blocks, b.blocks))
  );
}

function throughText(graph: Graph): Graph {
  const text = printGraph(graph);
  const parsed = parseGraph(text, "<text form>", storedDataOf(graph));
  if (printGraph(parsed) !== text)
    throw new Defect(`the text form of ${graph.name} changes when it is read back`);
  return parsed;
}
