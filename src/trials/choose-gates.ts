import { type Budget, parseBudget } from "../base/budget.js";
import { InputError } from "../base/diagnostic.js";
import { type Likeness, likeness } from "../base/distance.js";
import type { Graph, Op } from "../ir/graph.js";
import type { GateNumbers } from "../new-gates/fits/fit.js";
import { type ImageRuns, observeGates } from "../new-gates/gate-responses.js";
import { type Configuration, configurations } from "../new-gates/ladder.js";
import { observeOld } from "../new-gates/observe-old.js";
import { heldOutputs, splitImages } from "../new-gates/start.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import { type FittedRung, fittedLadders, networkOf, withOutputErrors } from "./fitted-ladders.js";

/** What is chosen, and within what. */
export interface ChooseOptions {
  /** As of `--budget`. */
  readonly budget: string;
  /** Says a number of a network, the larger the better; left out, nobody is asked. */
  readonly metric?: ((graph: Graph) => Promise<number>) | undefined;
  readonly seed: number;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** A network that was looked at on the way to a choice. All figures are of images that no gate was fitted to. */
export interface CurvePoint {
  /** The parameters of the gates that could be swapped, and which part that is of what they had. */
  readonly parameters: number;
  readonly part: number;
  readonly output: Likeness;
  /** What the metric says, where there is one. */
  readonly metric?: number;
  /** What stands where: `removed`, `eca`, `se 4`, `kept`. */
  readonly gates: Readonly<Record<string, string>>;
  readonly chosen: boolean;
}

/** What `--json` says of a choice. */
export interface ChoiceReport {
  readonly budget: string;
  /** The gates' parameters before, and what the metric says of the original. */
  readonly parameters: number;
  readonly metric?: number;
  /** From the fewest parameters to the most. */
  readonly curve: readonly CurvePoint[];
}

export interface ChosenGates {
  /** The passes that make the chosen network of the original. */
  readonly invocations: readonly PassInvocation[];
  /** The numbers of its new gates, by scope. */
  readonly numbers: ReadonlyMap<string, GateNumbers>;
  readonly report: ChoiceReport;
}

/** Images that show what a gate's error makes of the outputs. */
const SENSING = 8;

/** Points of the curve that are measured besides those that the budget asks about. */
const POINTS = 7;

/**
 * Chooses for each of some gates what stands instead of it, so that the network keeps to a budget with few parameters:
 *
 *     what each gate does with images ─ each rung of its ladder fitted to that ─ errors, weighted by what the outputs make of them
 *         ─ greedily, the largest fall of error per parameter first ─ a path from all removed to all kept
 *         ─ networks on it run on images held out ─ the first that keeps to the budget
 *
 * Errors: `InputError` for a budget that is none, or that needs a metric.
 */
export async function chooseGates(
  original: Graph,
  gates: readonly Op[],
  runs: ImageRuns,
  { budget: text, metric, seed, onProgress }: ChooseOptions,
): Promise<ChosenGates> {
  const budget = parseBudget(text);
  if (budget.kind === "metric" && metric === undefined) throw noMetric(text);
  const { fitted, held } = splitImages(runs.images);
  const seen = await observeOld(original, gates, runs, seed);
  onProgress?.("fitting what could stand instead of each gate", 0);
  const ladders = fittedLadders(original, gates, seen.gates, { fitted, held });
  const expected = heldOutputs(seen.outputs, held);

  const sensing = held.slice(0, SENSING);
  const sensed = heldOutputs(seen.outputs, sensing);
  const weighted: (readonly FittedRung[])[] = [];
  for (const [i, ladder] of ladders.entries()) {
    onProgress?.("measuring what each gate matters to the outputs", i / ladders.length);
    weighted.push(
      await withOutputErrors(original, ladder, { runs, sensing, sensed, responses: seen.gates[i] }),
    );
  }

  const path = configurations(weighted) as readonly (readonly FittedRung[])[];
  const whole = parametersOf(path.at(-1) ?? []);
  const measured = new Map<number, Measured>();
  const measure = async (index: number): Promise<Measured> => {
    const known = measured.get(index);
    if (known !== undefined) return known;
    onProgress?.("running networks with fewer parameters", measured.size / (POINTS + 4));
    const graph = networkOf(original, path[index] ?? []);
    const { outputs } = await observeGates(runs, graph, [], [], { chosen: held });
    const output = likeness(expected, heldOutputs(outputs, held));
    const found = { output, ...(metric === undefined ? {} : { metric: await metric(graph) }) };
    measured.set(index, found);
    return found;
  };

  const last = path.length - 1;
  const before = await measure(last);
  const keeps = async (index: number): Promise<boolean> =>
    isWithin(
      budget,
      { ...(await measure(index)), parameters: parametersOf(path[index] ?? []), whole },
      before,
    );
  const chosen =
    budget.kind === "parameters" ? lastWithin(path, budget, whole, text) : await firstThat(keeps, last);
  for (let i = 0; i <= POINTS; i++) await measure(Math.round((i * last) / POINTS));
  await measure(chosen);
  const configuration = path[chosen] ?? [];
  return {
    invocations: configuration.flatMap(({ invocation }) => invocation ?? []),
    numbers: new Map(
      configuration.flatMap(({ gate, numbers }) =>
        numbers === undefined ? [] : [[gate.loc.scope, numbers]],
      ),
    ),
    report: {
      budget: text,
      parameters: whole,
      ...(before.metric === undefined ? {} : { metric: before.metric }),
      curve: [...measured]
        .sort(([a], [b]) => a - b)
        .map(([index, found]) => pointOf(path[index] ?? [], whole, found, index === chosen)),
    },
  };
}

interface Measured {
  readonly output: Likeness;
  readonly metric?: number;
}

function pointOf(
  configuration: readonly FittedRung[],
  whole: number,
  { output, metric }: Measured,
  chosen: boolean,
): CurvePoint {
  const parameters = parametersOf(configuration);
  return {
    parameters,
    part: whole === 0 ? 1 : parameters / whole,
    output,
    ...(metric === undefined ? {} : { metric }),
    gates: Object.fromEntries(configuration.map(({ gate, rung }) => [gate.loc.scope, rung])),
    chosen,
  };
}

function parametersOf(configuration: Configuration): number {
  return configuration.reduce((sum, { parameters }) => sum + parameters, 0);
}

function isWithin(
  budget: Budget,
  { output, metric, parameters, whole }: Measured & { readonly parameters: number; readonly whole: number },
  before: Measured,
): boolean {
  switch (budget.kind) {
    case "cosine":
      return output.cosine >= budget.least;
    case "parameters":
      return parameters <= (budget.relative ? budget.most * whole : budget.most);
    case "metric":
      return (metric ?? Number.NaN) >= budget.least + (budget.relative ? (before.metric ?? Number.NaN) : 0);
  }
}

/** The last configuration with few enough parameters. Errors: `InputError` where none has. */
function lastWithin(
  path: readonly Configuration[],
  budget: Budget & { readonly kind: "parameters" },
  whole: number,
  text: string,
): number {
  const most = budget.relative ? budget.most * whole : budget.most;
  const found = path.findLastIndex((configuration) => parametersOf(configuration) <= most);
  if (found >= 0) return found;
  const least = parametersOf(path[0] ?? []);
  throw InputError.of(
    "rewrite/budget",
    `--budget ${text}: with the fewest parameters that the gates can have there are ${least}`,
  );
}

/** The first index for which something is true, which is true of the last, by halving. */
async function firstThat(holds: (index: number) => Promise<boolean>, last: number): Promise<number> {
  let [low, high] = [0, last];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(middle)) high = middle;
    else low = middle + 1;
  }
  return high;
}

function noMetric(text: string): InputError {
  return InputError.of("rewrite/budget", `--budget ${text} needs a program that says the metric`, {
    hint: "--metric CMD: it gets the path of a model and prints a number, the larger the better",
  });
}
