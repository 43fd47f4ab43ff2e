import { type Diagnostic, InputError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { isSignal } from "../language/input.js";
import type { LoadedSpec } from "../language/load.js";
import type { SpecChanges } from "../language/settings.js";
import {
  type PassEvent,
  type PassReport,
  type PipelineHooks,
  type RanPasses,
  runPasses,
} from "../passes/engine/manager.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import { type Insertion, insertedAfter } from "../passes/insert/inserted.js";
import { isPassName, passOf } from "../passes/registry.js";
import { stressWeights } from "../passes/stress-weights/stress-weights.js";
import { type Exchange, exchangeAfter } from "../passes/swap/exchange.js";
import { swapAttention } from "../passes/swap/swap-attention.js";
import { buildNetwork } from "./blocks/network.js";
import { checkOwnNames } from "./check-own-names.js";
import { type GivenWeights, type LoadedWeights, loadWeights, type WeightsReport } from "./load-weights.js";

export interface NetworkOptions {
  /** More passes after the spec's own, in pipeline text form. */
  readonly passes?: string | undefined;
  /** Height and width, or length, instead of the spec's; for a file, height and width if they are dynamic. */
  readonly resolution?: number | undefined;
  /** Changes that are applied to a spec before validation. */
  readonly changes?: SpecChanges | undefined;
  /** Shapes of inputs with dynamic sizes, `x=1x3x320x320`. */
  readonly inputShapes?: readonly string[] | undefined;
  /** @internal */
  readonly hooks?: PipelineHooks | undefined;
  /**
   * Numbers for the parameters instead of the initial ones.
   *
   * @internal
   */
  readonly given?: GivenWeights | undefined;
}

/** A spec's network: built, and rewritten by the spec's passes and the caller's. */
export interface SpecNetwork {
  readonly spec: LoadedSpec;
  /** As the blocks built it, before any pass. */
  readonly built: Graph;
  /** With its weights, before the first pass that then swaps gates; undefined without one. */
  readonly original?: Graph | undefined;
  /** Before the first and after the last pass that exchanges gates, with the weights; undefined without one. */
  readonly exchange?: Exchange | undefined;
  /** The same whatever the weights are of: where they are those of the network after it, the one before has its initial ones. */
  readonly exchanged?: Exchange | undefined;
  /** The gates that passes inserted; left out if it was not determined. */
  readonly inserted?: readonly Insertion[];
  /** After the spec's own passes: what `expect` is about. */
  readonly declared: Graph;
  /** After the caller's passes as well. */
  readonly graph: Graph;
  /**
   * What `graph` has to compute: the network with only those of the passes that mean to change its function.
   * Folding and lowering are not among them, so a wrong one shows.
   */
  readonly meant: Graph;
  /** The passes that lead from `meant` to `graph`, where they come last, as they should. */
  readonly keeping: readonly PassInvocation[];
  readonly invocations: readonly PassInvocation[];
  readonly reports: readonly PassReport[];
  /** Each pass with the network before and after it. */
  readonly steps: readonly PassEvent[];
  /** Warnings: selections of passes that matched nothing. */
  readonly warnings: readonly Diagnostic[];
  /** Summary of how the given weights were used. */
  readonly weights?: WeightsReport | undefined;
}

/**
 * The network of a spec that was read, at model level. Every problem with the spec is an `InputError`.
 *
 * @param extra the caller's passes, after the spec's own
 */
export function networkOfSpec(
  spec: LoadedSpec,
  extra: readonly PassInvocation[],
  options: Omit<NetworkOptions, "passes">,
): SpecNetwork {
  const { resolved } = atResolution(spec, options.resolution);
  const invocations = [...resolved.passes, ...extra];
  return locateErrors(spec, () => {
    const initial = buildNetwork(resolved);
    checkOwnNames(resolved, initial);
    const loaded =
      options.given && loadWeights(resolved, rewritingSteps(initial, invocations), options.given);
    const built = loaded?.index === 0 ? loaded.bind(initial) : initial;
    const { seen, hooks } = exchangesSeen(loaded, options.hooks);
    const own = runBinding(built, resolved.passes, loaded, 0, hooks);
    const more = runBinding(own.graph, extra, loaded, resolved.passes.length, hooks);
    const { meaning, keeping } = split(invocations);
    return {
      ...{ spec, built, ...seen, declared: own.graph, graph: more.graph },
      meant: keeping.length === 0 ? more.graph : runBinding(built, meaning, loaded, 0).graph,
      ...{ keeping, invocations, reports: [...own.reports, ...more.reports] },
      warnings: [...own.warnings, ...more.warnings].map((warning) => locate(spec, warning)),
      weights: loaded?.report(more.graph),
    };
  });
}

/**
 * Hooks that see the passes which exchange gates or put some in, and what they have seen. A swap before the weights come in has nothing to
 * keep: the file has the gates that it makes.
 */
function exchangesSeen(loaded: LoadedWeights | undefined, hooks: PipelineHooks | undefined) {
  const seen: {
    original?: Graph;
    exchange?: Exchange | undefined;
    exchanged?: Exchange | undefined;
    inserted: readonly Insertion[];
    readonly steps: PassEvent[];
  } = { inserted: [], steps: [] };
  let passes = 0;
  return {
    seen,
    hooks: {
      after(event) {
        const complete = passes >= (loaded?.index ?? 0);
        passes++;
        if (complete && event.name === swapAttention.name) seen.original ??= event.before;
        if (complete) seen.exchange = exchangeAfter(seen.exchange, event);
        seen.exchanged = exchangeAfter(seen.exchanged, event);
        seen.inserted = insertedAfter(seen.inserted, event);
        seen.steps.push(event);
        hooks?.after?.(event);
      },
    } satisfies PipelineHooks,
  };
}

/**
 * Runs a part of the passes; the weights come in after as many as change the network that they are not for.
 *
 * @param done the passes before this part
 */
function runBinding(
  graph: Graph,
  passes: readonly PassInvocation[],
  loaded: LoadedWeights | undefined,
  done: number,
  hooks?: PipelineHooks,
): RanPasses {
  const at = loaded === undefined ? 0 : Math.max(0, loaded.index - done);
  if (loaded === undefined || at === 0 || at > passes.length) return runPasses(graph, passes, hooks);
  const before = runPasses(graph, passes.slice(0, at), hooks);
  const rest = runPasses(loaded.bind(before.graph), passes.slice(at), hooks);
  return {
    graph: rest.graph,
    reports: [...before.reports, ...rest.reports],
    warnings: [...before.warnings, ...rest.warnings],
  };
}

/**
 * The passes that make what is meant, and those that must keep it. New weights depend on what they are found for: a folded
 * BatchNorm has none. So passes before such a change stay before it.
 */
function split(invocations: readonly PassInvocation[]): {
  readonly meaning: readonly PassInvocation[];
  readonly keeping: readonly PassInvocation[];
} {
  const fixed = invocations.findLastIndex(({ pass }) => pass === stressWeights.name) + 1;
  const free = invocations.slice(fixed);
  return {
    meaning: [...invocations.slice(0, fixed), ...free.filter(makesNetwork)],
    keeping: free.filter((invocation) => !makesNetwork(invocation)),
  };
}

/** Whether a pass means to change what the network computes. */
export function changesFunction({ pass }: PassInvocation): boolean {
  return isPassName(pass) && passOf(pass).preserves === "signature";
}

/** Whether a pass makes another network: one that computes something else, or one with layers that are still to be trained. */
function makesNetwork(invocation: PassInvocation): boolean {
  const { pass } = invocation;
  return changesFunction(invocation) || (isPassName(pass) && passOf(pass).adds === true);
}

/**
 * The network before and after each of the passes that rewrite it into another one, as far as such come first. A spec
 * that swaps its gates can be given both the weights from before and those from after.
 */
export function rewritingSteps(built: Graph, invocations: readonly PassInvocation[]): readonly Graph[] {
  const steps = [built];
  for (const invocation of invocations) {
    if (!makesNetwork(invocation)) break;
    steps.push(runPasses(steps.at(-1) ?? built, [invocation]).graph);
  }
  return steps;
}

function atResolution(spec: LoadedSpec, resolution: number | undefined): LoadedSpec {
  if (resolution === undefined) return spec;
  const { channels } = spec.resolved.input;
  const input = isSignal(spec.resolved.input)
    ? { channels, length: resolution }
    : { channels, height: resolution, width: resolution };
  return { ...spec, resolved: { ...spec.resolved, input } };
}

/** An error that knows its JSON path gets the place in the file that wrote it. */
export function locateErrors<T>(spec: LoadedSpec, make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new InputError(error.diagnostics.map((diagnostic) => locate(spec, diagnostic)));
  }
}

/** A diagnostic that knows its JSON path, with the place in the file that wrote it. */
function locate({ document }: LoadedSpec, diagnostic: Diagnostic): Diagnostic {
  const { path, range } = diagnostic;
  return range !== undefined || path === undefined
    ? diagnostic
    : { ...diagnostic, range: document.locate(path) };
}
