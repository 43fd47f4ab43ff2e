import { type Budget, parseBudget } from "../base/budget.js";
import { InputError } from "../base/diagnostic.js";
import { type Likeness, likeness } from "../base/distance.js";
import type { Graph, Op } from "../ir/graph.js";
import type { GateNumbers } from "../new-gates/fits/fit.js";
import { type ImageRuns, observeGates } from "../new-gates/gate-responses.js";
import {
  type Configuration,
  configurations,
  configurationWithin,
  parametersOf,
} from "../new-gates/ladder.js";
import { observeOld } from "../new-gates/observe-old.js";
import { heldOutputs, splitImages } from "../new-gates/start.js";
import type { PassInvocation } from "../passes/engine/pass.js";
import { type FittedRung, fittedLadders, networkOf, withOutputErrors } from "./fitted-ladders.js";

/** What is chosen, and within what. */
export interface ChooseOptions {
  /** As of `--budget`. */
  readonly budget: string;
  /** Says a number of a network, the larger the better; left out, none is measured. */
  readonly metric?: ((graph: Graph) => Promise<number>) | undefined;
  readonly seed: number;
  readonly onProgress?: ((message: string, part: number) => void) | undefined;
}

/** A network that was looked at on the way to a choice. All figures are of images that no gate was fitted to. */
export interface CurvePoint {
  /** The parameters of the gates that could be swapped, and their fraction of the original number. */
  readonly parameters: number;
  readonly part: number;
  readonly output: Likeness;
  /** The value of the metric, if there is one. */
  readonly metric?: number;
  /** The choice for each gate: `removed`, `eca`, `se 4`, `kept`. */
  readonly gates: Readonly<Record<string, string>>;
  readonly chosen: boolean;
}

/** What `--json` says of a choice. */
export interface ChoiceReport {
  readonly budget: string;
  /** The gates' parameters before, and the metric of the original. */
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

/** Images that show what a gate's error makes of the outputs: of fewer, those that happen to be near a decision would say it. */
const SENSING = 24;

/** Points of the curve that are measured besides those that the budget asks about. */
const POINTS = 7;

/**
 * Chooses for each of some gates what stands instead of it, so that the network keeps to a budget with few parameters:
 *
 *     what each gate does with images ─ each rung of its ladder fitted to that ─ errors, weighted by what the outputs make of them
 *         ─ greedily, the largest fall of error per parameter first ─ a path from all removed to all kept
 *         ─ networks on it run on images held out ─ the first that keeps to the budget
 *
 * Errors: `InputError` for a budget that is none, or that needs a metric, and for too few images to hold one out.
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
  if (held === fitted) throw tooFew(runs.images);
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

  const measured = new MeasuredNetworks(async (configuration) => {
    onProgress?.("running networks with fewer parameters", 0);
    const graph = networkOf(original, configuration);
    const { outputs } = await observeGates(runs, graph, [], [], { chosen: held });
    const output = likeness(expected, heldOutputs(outputs, held));
    return { output, ...(metric === undefined ? {} : { metric: await metric(graph) }) };
  });
  const path = configurations(weighted);
  const kept = path.at(-1) ?? [];
  const before = await measured.of(kept);
  const chosen =
    budget.kind === "parameters"
      ? withFewEnough(weighted, budget, parametersOf(kept), text)
      : await firstThat(path, async (each) => isWithin(budget, await measured.of(each), before));
  for (let i = 0; i <= POINTS; i++)
    await measured.of(path[Math.round((i * (path.length - 1)) / POINTS)] ?? kept);
  await measured.of(chosen);
  return {
    invocations: chosen.flatMap(({ invocation }) => invocation ?? []),
    numbers: new Map(
      chosen.flatMap(({ gate, numbers }) => (numbers === undefined ? [] : [[gate.loc.scope, numbers]])),
    ),
    report: {
      budget: text,
      parameters: parametersOf(kept),
      ...(before.metric === undefined ? {} : { metric: before.metric }),
      curve: measured.all.map(([each, found]) =>
        pointOf(each, parametersOf(kept), found, keyOf(each) === keyOf(chosen)),
      ),
    },
  };
}

/** Networks that were run, each once. */
class MeasuredNetworks {
  readonly #measure: (configuration: Configuration<FittedRung>) => Promise<Measured>;
  readonly #known = new Map<string, readonly [Configuration<FittedRung>, Measured]>();

  constructor(measure: (configuration: Configuration<FittedRung>) => Promise<Measured>) {
    this.#measure = measure;
  }

  async of(configuration: Configuration<FittedRung>): Promise<Measured> {
    const key = keyOf(configuration);
    const [, known] = this.#known.get(key) ?? [];
    if (known !== undefined) return known;
    const found = await this.#measure(configuration);
    this.#known.set(key, [configuration, found]);
    return found;
  }

  /** From the fewest parameters to the most. */
  get all(): readonly (readonly [Configuration<FittedRung>, Measured])[] {
    return [...this.#known.values()].sort(([a], [b]) => parametersOf(a) - parametersOf(b));
  }
}

function keyOf(configuration: Configuration): string {
  return configuration.map(({ rung }) => rung).join("\n");
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

function isWithin(
  budget: Exclude<Budget, { readonly kind: "parameters" }>,
  { output, metric }: Measured,
  before: Measured,
): boolean {
  if (budget.kind === "cosine") return output.cosine >= budget.least;
  return (metric ?? Number.NaN) >= budget.least + (budget.relative ? (before.metric ?? Number.NaN) : 0);
}

/** The configuration with few enough parameters. Errors: `InputError` where none has. */
function withFewEnough(
  ladders: readonly (readonly FittedRung[])[],
  { most, relative }: Budget & { readonly kind: "parameters" },
  whole: number,
  text: string,
): Configuration<FittedRung> {
  const found = configurationWithin(ladders, relative ? most * whole : most);
  if (found !== undefined) return found;
  const least = parametersOf(configurations(ladders)[0] ?? []);
  throw InputError.of(
    "rewrite/budget",
    `--budget ${text}: with the fewest parameters that the gates can have there are ${least}`,
  );
}

/** The first of some for which something holds, by halving; the last where it holds for no other. */
async function firstThat<T>(all: readonly T[], holds: (one: T) => Promise<boolean>): Promise<T> {
  let [low, high] = [0, all.length - 1];
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (await holds(all[middle] as T)) high = middle;
    else low = middle + 1;
  }
  return all[high] as T;
}

function tooFew(images: number): InputError {
  return InputError.of(
    "rewrite/auto",
    `${images} images are too few to choose by: each fourth one is held out`,
    {
      hint: "some dozens, as --calibrate random:32 or a folder of pictures",
    },
  );
}

function noMetric(text: string): InputError {
  return InputError.of("rewrite/budget", `--budget ${text} needs a program that gives the metric`, {
    hint: "--metric CMD: it gets the path of a model and prints a number, the larger the better",
  });
}
