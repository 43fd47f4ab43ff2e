import { recoverBlocks, withBlocks } from "../../analysis/structure/recover.js";
import type { Diagnostic } from "../../base/diagnostic.js";
import { attentionTypeOf } from "../../ir/attention/modules.js";
import { freezeGraph, freezeOp } from "../../ir/builder.js";
import type { Graph, Loc, Op } from "../../ir/graph.js";
import { changesFunction } from "../../networks/spec-network.js";
import type { ImportedModel } from "../../onnx/decode/import.js";
import { readAgain } from "../../onnx/decode/read-again.js";
import { type PassReport, type PipelineHooks, runPasses } from "../../passes/engine/manager.js";
import type { PassInvocation } from "../../passes/engine/pass.js";
import { type Insertion, insertedAfter } from "../../passes/insert/inserted.js";
import { type RaisedGate, type RejectedGate, raiseAttention } from "../../passes/raise/raise-attention.js";
import { isPassName, passOf } from "../../passes/registry.js";
import { type Exchange, exchangeAfter } from "../../passes/swap/exchange.js";

/** A file's network before and after passes at model level. */
export interface RewritePlan {
  /** The gates that were found, whether a pass changes them or not. */
  readonly raised: readonly RaisedGate[];
  /** What looks like a gate and is none that is known. */
  readonly rejected: readonly RejectedGate[];
  /** With the gates as ops that passes change; the other gates are the ops that they are in the file. */
  readonly before: Graph;
  /** `before` without the gates that are computed in whole steps, which an op keeps only roughly. */
  readonly compared: Graph;
  /** After the passes. */
  readonly after: Graph;
  /** What is counted instead of `after`, which has open sizes. */
  readonly counted?: Graph;
  /** Around the passes that exchange gates; undefined without one. */
  readonly exchange: Exchange | undefined;
  /** The gates that passes put in. */
  readonly inserted: readonly Insertion[];
  readonly reports: readonly PassReport[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
}

export interface RewriteHooks {
  readonly hooks?: PipelineHooks | undefined;
  /** Called with the gates, before passes look for them; what it throws ends the work. */
  readonly found?: ((gates: Pick<RewritePlan, "raised" | "rejected">) => void) | undefined;
}

/** The first of some passes, as far as they only tidy up. */
export function leadingTidy(invocations: readonly PassInvocation[]): readonly PassInvocation[] {
  const end = invocations.findIndex(({ pass }) => !isPassName(pass) || passOf(pass).tidies !== true);
  return end < 0 ? invocations : invocations.slice(0, end);
}

/**
 * Tidies a network up as far as the first passes do that, finds its gates and blocks, and runs the others on it. Gates that
 * no pass touches become again what they were before: a swap of one gate changes nothing elsewhere.
 *
 * Errors: `InputError` for passes that find nothing to do.
 */
export function planRewrite(
  model: Pick<ImportedModel, "graph" | "source" | "opset">,
  all: readonly PassInvocation[],
  { hooks: given, found }: RewriteHooks = {},
): RewritePlan {
  const hooks = hooksOf(model, given);
  const tidying = leadingTidy(all);
  const invocations = all.slice(tidying.length);
  const tidied = runPasses(model.graph, tidying, hooks);
  const plan = planTidied(tidied.graph, invocations, { hooks, found });
  return {
    ...plan,
    reports: [...tidied.reports, ...plan.reports],
    warnings: [...tidied.warnings, ...plan.warnings],
  };
}

/** The hooks of a run over a file, whose nodes are read again where a pass computed their arguments. */
export function hooksOf(
  model: Pick<ImportedModel, "source" | "opset">,
  given: PipelineHooks | undefined,
): PipelineHooks {
  return { ...given, readAgain: (graph) => readAgain(graph, model) };
}

function planTidied(
  graph: Graph,
  invocations: readonly PassInvocation[],
  { hooks, found }: RewriteHooks,
): RewritePlan {
  const { graph: all, raised, rejected, quantized } = raiseAttention(graph);
  found?.({ raised, rejected });
  const scoped = withBlocks(all, recoverBlocks(all));
  let exchanged: Exchange | undefined;
  const first = runPasses(scoped, invocations, {
    readAgain: hooks?.readAgain,
    after(event) {
      exchanged = exchangeAfter(exchanged, event);
    },
  });
  const isKept = keeping(first.graph);
  // Only an exchange has a use for the op of what is quantised: all else has to keep its numbers.
  const isLeft = exchanged && keeping(exchanged.after);
  const gates = scoped.ops.filter(({ kind }) => attentionTypeOf(kind) !== undefined);
  const stay = gates.filter((op) => {
    const isQuantized = op.results.some(({ name }) => quantized.has(name));
    return isKept(op) || (isQuantized && isLeft?.(op) !== false);
  });
  const without = (names: Iterable<string>): Graph =>
    scopedAs(scoped, raiseAttention(graph, { except: new Set(names) }).graph);
  const except = stay.flatMap(({ results }) => results.map(({ name }) => name));
  const before = stay.length === 0 ? scoped : without(except);
  const inSteps = [...quantized].filter((name) => !except.includes(name));
  const compared = inSteps.length === 0 ? before : without([...except, ...quantized]);
  // What swapped nothing is not asked again: the gates that it looks for may be gone from sight.
  const idle = (i: number): boolean =>
    first.reports[i]?.changed === false && changesFunction(invocations[i] as PassInvocation);
  let exchange: Exchange | undefined;
  let inserted: readonly Insertion[] = [];
  const second = runPasses(
    before,
    invocations.filter((_, i) => !idle(i)),
    {
      ...hooks,
      after(event) {
        exchange = exchangeAfter(exchange, event);
        inserted = insertedAfter(inserted, event);
        hooks?.after?.(event);
      },
    },
  );
  const rerun = [...second.reports];
  const reports = first.reports.map((report, i) => (idle(i) ? report : (rerun.shift() ?? report)));
  const warnings = [...first.warnings, ...quantizedWarnings(inSteps.length)];
  return { raised, rejected, before, compared, after: second.graph, exchange, inserted, reports, warnings };
}

/** Says of ops of a graph before passes whether they are there after them. */
function keeping(after: Graph): (op: Op) => boolean {
  // An op that a pass hands on, over whatever operands, keeps its attributes as the object that they are.
  const kept = new Set<unknown>(after.ops.map(({ attributes }) => attributes));
  return ({ attributes }) => kept.has(attributes);
}

function quantizedWarnings(gates: number): readonly Diagnostic[] {
  if (gates === 0) return [];
  const which = gates === 1 ? "1 gate that passes changed was" : `${gates} gates that passes changed were`;
  return [
    {
      code: "rewrite/quantized-gate",
      message: `${which} computed in whole steps, between QuantizeLinear and DequantizeLinear; a new gate computes in floating point. The comparison with the original leaves these gates as they were`,
      hint: "quantise the float network after the swap where the gates are to be quantised as well",
    },
  ];
}

/** A graph with the blocks of another one and the scopes of its ops, by the names of what they compute. */
function scopedAs(scoped: Graph, graph: Graph): Graph {
  const locs = new Map<string, Loc>(
    scoped.ops.flatMap(({ results, loc }) => results.map(({ name }) => [name, loc] as const)),
  );
  const ops = graph.ops.map((op): Op => {
    const loc = locs.get(op.results[0]?.name ?? "");
    return loc === undefined || loc.scope === op.loc.scope ? op : freezeOp({ ...op, loc } as Op);
  });
  return freezeGraph({ ...graph, blocks: scoped.blocks, ops });
}
