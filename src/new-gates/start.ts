import { dequal } from "dequal";
import { gateOf } from "../analysis/counts.js";
import { joinedNumbers } from "../base/arrays.js";
import { InputError } from "../base/diagnostic.js";
import { type Likeness, likeness } from "../base/distance.js";
import { FactorPlanner } from "../ir/channel-factors.js";
import { type Graph, type Op, usesOf } from "../ir/graph.js";
import { storedLeaves } from "../ir/weight.js";
import { fitInOrder } from "./fit-in-order.js";
import type { GateNumbers } from "./fits/fit.js";
import { fitOf } from "./fits/registry.js";
import { type ImageRuns, observeGates, onImages } from "./gate-responses.js";
import { isFactor } from "./is-factor.js";
import { jointFit, type TogetherOptions, type TogetherReport } from "./joint-fit.js";
import { observeOld } from "./observe-old.js";
import {
  type ByStart,
  byStart,
  type GatePair,
  initialNumbers,
  type NewGate,
  operandParameters,
  type PlannedGate,
  planGate,
  reportGate,
  taskOf,
  withNumbers,
} from "./planned-gate.js";
import type { NewGateStart } from "./starts.js";

/** The swapped gates in the output of `--json`. */
export interface NewGatesReport {
  readonly start: NewGateStart;
  /** The inputs that it is chosen by, as the user gave them; `heldOut` of them are not fitted to, and all figures are of these. */
  readonly calibration: { readonly from: string; readonly images: number; readonly heldOut: number };
  readonly gates: readonly NewGate[];
  /** Scopes of new gates that can only start with `init`: other kinds, and gates with shared parameters. */
  readonly others: readonly string[];
  /** Of the network's outputs. */
  readonly output: ByStart<Likeness>;
  /** How the gates were fitted together after the separate fits; absent for starts without a fit. */
  readonly together?: TogetherReport;
}

/** A network whose new gates have started. */
export interface StartedGates {
  /** With the start that was asked for. */
  readonly graph: Graph;
  /** With each start, for comparisons. */
  readonly graphs: ByStart<Graph>;
  readonly report: NewGatesReport;
  /** Names of the parameters that have other numbers than initial ones now. */
  readonly started: ReadonlySet<string>;
}

/** A part of the images is not fitted to: each fourth one. */
const HELD_OUT = 4;

/** Which images gates are fitted to, and which show how near they are: the same where there are too few to hold some out. */
export interface ImageSplit {
  readonly fitted: readonly number[];
  readonly held: readonly number[];
}

export function splitImages(images: number): ImageSplit {
  const all = Array.from({ length: images }, (_, i) => i);
  if (images < HELD_OUT) return { fitted: all, held: all };
  const isHeld = (i: number): boolean => i % HELD_OUT === HELD_OUT - 1;
  return { fitted: all.filter((i) => !isHeld(i)), held: all.filter(isHeld) };
}

/**
 * Gives the gates of a network that a swap made their first numbers, by what the gates before them do with images:
 *
 *     network before the swap ─ run ─ what its gates do ─ numbers of each start ─ network after the swap, with each of them
 *                                                                                 ─ run ─ how near the outputs are
 *
 * Nothing but the new gates and the layers that take over their factors changes. Gates are fitted in the order in which data flows,
 * each on what the network feeds it whose earlier gates are already new, and by themselves, each on what the original network feeds
 * it: the outputs decide which is nearer. From there they are fitted together, by what the outputs make of their errors.
 *
 * @param original the network before the swap, with its weights
 * @param swapped what passes made of it
 * @param together how fitted gates are fitted together
 * @param given numbers of gates that were fitted by themselves, by scope; left out, they are fitted so here
 *
 * Errors: `InputError` where no gate is new, for a start that no new gate has, and where gates can't be fitted together though the user says how
 * often they are to move.
 */
export async function startGates(
  { original, swapped }: { readonly original: Graph; readonly swapped: Graph },
  start: NewGateStart,
  runs: ImageRuns & { readonly from: string },
  seed: number,
  together: TogetherOptions,
  given?: ReadonlyMap<string, GateNumbers>,
): Promise<StartedGates> {
  const pairs = newGatesOf(original, swapped);
  const planned = plannedGates(pairs, swapped);
  if (planned.length === 0 && start !== "init") throw noFit(start, pairs);
  const split = splitImages(runs.images);
  const seen = await observeOld(
    original,
    planned.map((each) => each.before),
    runs,
    seed,
  );
  const expected = heldOutputs(seen.outputs, split.held);
  const nearness = async (graph: Graph): Promise<Likeness> => {
    const { outputs } = await observeGates(runs, graph, [], [], { chosen: split.held });
    return likeness(expected, heldOutputs(outputs, split.held));
  };
  const withAll = (numbers: readonly GateNumbers[]): Graph =>
    withNumbers(
      swapped,
      planned.flatMap((each, i) => {
        const found = numbers[i];
        return found === undefined ? [] : [{ ...each, numbers: found }];
      }),
    );
  const inOrder = await fitInOrder(original, planned, seen.gates, runs, split.fitted, seed);
  const alone = planned.flatMap((each, i) => {
    const responses = seen.gates[i];
    if (responses === undefined) return [];
    const numbers = given?.get(each.op.loc.scope);
    return [numbers ?? each.fit.fit(taskOf(each, onImages(responses, split.fitted)))];
  });
  const errorOf = async (numbers: readonly GateNumbers[]): Promise<number> =>
    (await nearness(withAll(numbers))).relativeError;
  const single = await nearer(inOrder, alone, errorOf);
  const joint =
    start === "fit"
      ? await jointFit(
          { swapped, planned, single, errorOf },
          {
            ...{ ...together, fitted: split.fitted, outputs: seen.outputs, seed },
            hasHeldOut: split.held !== split.fitted,
          },
        )
      : undefined;
  const ordered = joint?.numbers ?? single;
  const started = planned.map((each, i) => {
    const responses = seen.gates[i];
    const fit = ordered[i];
    if (responses === undefined || fit === undefined) throw new RangeError("a gate was not observed");
    const [fitted, held] = [onImages(responses, split.fitted), onImages(responses, split.held)];
    const numbers: ByStart<GateNumbers> = {
      init: initialNumbers(each, seed),
      neutral: each.fit.neutral(taskOf(each, fitted)),
      fit,
    };
    return { ...each, numbers, report: reportGate(each, numbers, { fitted, held }) };
  });
  const graphs = byStart((way) =>
    way === "init" ? swapped : withAll(started.map(({ numbers }) => numbers[way])),
  );
  const output = {
    init: await nearness(graphs.init),
    neutral: await nearness(graphs.neutral),
    fit: await nearness(graphs.fit),
  };
  const names = planned.flatMap(({ op }) => operandParameters(op).map(({ name }) => name));
  return {
    graph: graphs[start],
    graphs,
    started: new Set(start === "init" ? [] : names),
    report: {
      start,
      calibration: {
        from: runs.from,
        images: runs.images,
        heldOut: split.held === split.fitted ? 0 : split.held.length,
      },
      gates: started.map(({ report }) => report),
      others: pairs.flatMap(({ op }) => (planned.some((each) => each.op === op) ? [] : [op.loc.scope])),
      output,
      ...(joint === undefined ? {} : { together: joint.report }),
    },
  };
}

/** The one of two things of which less is said. */
async function nearer<T>(a: T, b: T, errorOf: (one: T) => Promise<number>): Promise<T> {
  return (await errorOf(b)) < (await errorOf(a)) ? b : a;
}

export function heldOutputs(outputs: readonly Float64Array[], held: readonly number[]): Float64Array {
  return joinedNumbers(held.map((image) => outputs[image] ?? []));
}

export function plannedGates(pairs: readonly GatePair[], swapped: Graph): readonly PlannedGate[] {
  const uses = usesOf(swapped);
  const planner = new FactorPlanner(swapped);
  return pairs.flatMap((pair) => {
    const fit = isAlone(pair.op, uses) ? fitOf(pair.op) : undefined;
    return fit === undefined ? [] : [planGate(planner, pair, fit)];
  });
}

/**
 * The gates, and the factors of removed ones, that stand where another gate stood, and whose numbers are initial ones: those of a
 * checkpoint that has the new gates already stay what they are.
 */
export function newGatesOf(original: Graph, swapped: Graph): readonly GatePair[] {
  const before = new Map(
    original.ops.filter((op) => gateOf(op) !== undefined).map((op) => [op.loc.scope, op]),
  );
  return swapped.ops.flatMap((op): GatePair[] => {
    const old = before.get(op.loc.scope);
    if (old === undefined || (gateOf(op) === undefined && !isFactor(op))) return [];
    const initial = operandParameters(op).every(({ data }) => [...storedLeaves(data)].length === 0);
    return initial && !isSameGate(old, op) ? [{ before: old, op }] : [];
  });
}

/** Whether the numbers of a gate are its own: one start can't do what several old gates did. */
function isAlone(op: Op, uses: ReturnType<typeof usesOf>): boolean {
  return operandParameters(op).every((parameter) => uses.get(parameter)?.length === 1);
}

function isSameGate(a: Op, b: Op): boolean {
  const numbers = (op: Op): readonly unknown[] => operandParameters(op).map(({ name, data }) => [name, data]);
  return a.kind === b.kind && dequal(a.attributes, b.attributes) && dequal(numbers(a), numbers(b));
}

function noFit(start: NewGateStart, pairs: readonly GatePair[]): InputError {
  const kinds = [...new Set(pairs.map(({ op }) => gateOf(op)?.type ?? op.kind))].join(", ");
  const text = `--new-gates ${start} is for ECA and SE gates with an average and numbers of their own; the new ones are ${kinds}`;
  return InputError.of("new-gates/kind", text, {
    hint: "ECA needs a sigmoid, SE biases and no normalisation; gates of other kinds start as with --new-gates init",
  });
}
