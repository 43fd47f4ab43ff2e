import { likeness } from "../base/distance.js";
import type { Graph, Op } from "../ir/graph.js";
import { concreteDims, elementCount } from "../ir/types.js";
import { type FitTask, type GateNumbers, squaredError } from "../new-gates/fits/fit.js";
import { type GateResponses, type ImageRuns, observeGates, onImages } from "../new-gates/gate-responses.js";
import { isFactor } from "../new-gates/is-factor.js";
import { type Choice, ladderOf, type Rung } from "../new-gates/ladder.js";
import { operandParameters, type PlannedGate, taskOf, withNumbers } from "../new-gates/planned-gate.js";
import { heldOutputs, newGatesOf, plannedGates } from "../new-gates/start.js";
import { withoutFactors } from "../passes/absorb-factors.js";
import { runPasses } from "../passes/engine/manager.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import { removeAttention } from "../passes/swap/remove-attention.js";
import { swapAttention } from "../passes/swap/swap-attention.js";

/** A gate on a rung of its ladder. */
export interface FittedRung extends Choice {
  readonly gate: Op;
  readonly planned: PlannedGate | undefined;
  readonly numbers: GateNumbers | undefined;
  readonly invocation: PassInvocation | undefined;
}

const KEPT = "kept";

/** What could stand instead of each gate, fitted to what the gate does; errors are those of the gate's own results. */
export function fittedLadders(
  original: Graph,
  gates: readonly Op[],
  seen: readonly GateResponses[],
  { fitted, held }: { readonly fitted: readonly number[]; readonly held: readonly number[] },
): readonly (readonly FittedRung[])[] {
  const parts = seen.map((each) => ({ fitted: onImages(each, fitted), held: onImages(each, held) }));
  const names = new Set(gates.flatMap((gate) => ladderOf(gate).map(({ name }) => name)));
  const rungs = new Map<Op, FittedRung[]>(gates.map((gate) => [gate, []]));
  for (const name of names) {
    const invocations = gates.flatMap((gate) => {
      const rung = ladderOf(gate).find((each) => each.name === name);
      return rung === undefined ? [] : [invocationOf(gate, rung)];
    });
    const swapped = runPasses(original, invocations).graph;
    for (const planned of plannedGates(newGatesOf(original, swapped), swapped)) {
      const i = gates.findIndex(({ loc }) => loc.scope === planned.op.loc.scope);
      const [gate, part] = [gates[i], parts[i]];
      if (gate === undefined || part === undefined) continue;
      const numbers = planned.fit.fit(taskOf(planned, part.fitted));
      const task = taskOf(planned, part.held);
      rungs.get(gate)?.push({
        rung: name,
        gate,
        planned,
        numbers,
        invocation: invocations.find(({ options }) => isAt(options, gate)),
        parameters: isFactor(planned.op) && planned.layers !== undefined ? 0 : scalarsOf(planned.op),
        error: errorOf(planned, numbers, task),
      });
    }
  }
  return gates.map((gate) => [
    ...(rungs.get(gate) ?? []),
    {
      ...{ rung: KEPT, gate, planned: undefined, numbers: undefined, invocation: undefined },
      ...{ parameters: scalarsOf(gate), error: 0 },
    },
  ]);
}

function errorOf({ fit }: PlannedGate, numbers: GateNumbers, task: FitTask): number {
  return squaredError(task, fit.totals(numbers, task));
}

function isAt(options: PassInvocation["options"], { loc }: Op): boolean {
  const { at } = options;
  return typeof at === "object" && at !== null && "path" in at && at.path === loc.scope;
}

function invocationOf({ loc }: Op, { to }: Rung): PassInvocation {
  const at = { path: loc.scope };
  return to === undefined
    ? { pass: removeAttention.name, options: removeAttention.options.parse({ at, factor: true }) }
    : { pass: swapAttention.name, options: swapAttention.options.parse({ at, to }) };
}

function scalarsOf(op: Op): number {
  return operandParameters(op).reduce((sum, { type }) => sum + elementCount(concreteDims(type.dims)), 0);
}

/**
 * The rungs with errors as the outputs have them: one rung is run by itself, and what its error makes of the outputs tells what
 * those of the others do.
 */
export async function withOutputErrors(
  original: Graph,
  ladder: readonly FittedRung[],
  {
    runs,
    sensing,
    sensed,
    responses,
  }: {
    readonly runs: ImageRuns;
    readonly sensing: readonly number[];
    readonly sensed: Float64Array;
    readonly responses: GateResponses | undefined;
  },
): Promise<readonly FittedRung[]> {
  const worst = ladder.reduce((a, b) => (b.error > a.error ? b : a));
  if (worst.planned === undefined || worst.numbers === undefined || responses === undefined) return ladder;
  const { outputs } = await observeGates(runs, networkOf(original, [worst]), [], [], { chosen: sensing });
  const { relativeError } = likeness(sensed, heldOutputs(outputs, sensing));
  const task = taskOf(worst.planned, onImages(responses, sensing));
  const own = errorOf(worst.planned, worst.numbers, task);
  const factor = own > 0 ? relativeError ** 2 / own : 0;
  return ladder.map((each) => ({ ...each, error: each.error * factor }));
}

/** The network with what stands instead of some gates, the others as they are. */
export function networkOf(original: Graph, configuration: readonly FittedRung[]): Graph {
  const swapped = runPasses(
    original,
    configuration.flatMap(({ invocation }) => invocation ?? []),
  ).graph;
  const numbers = new Map(configuration.map((each) => [each.gate.loc.scope, each.numbers]));
  const planned = plannedGates(newGatesOf(original, swapped), swapped).flatMap((each) => {
    const found = numbers.get(each.op.loc.scope);
    return found === undefined ? [] : [{ ...each, numbers: found }];
  });
  return withoutFactors(withNumbers(swapped, planned), isFactor);
}
