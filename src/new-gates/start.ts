import { dequal } from "dequal";
import { gateOf } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { likeness } from "../base/distance.js";
import { type Graph, type Op, type OpOf, usesOf } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";
import { storedLeaves } from "../ir/weight.js";
import { type ImageRuns, observeGates } from "./gate-responses.js";
import {
  type ByStart,
  byStart,
  type NewGate,
  operandParameters,
  type PlannedGate,
  planGate,
  withStart,
} from "./planned-gate.js";
import type { NewGateStart } from "./starts.js";

/** What `--json` says of the gates that a swap made. */
export interface NewGatesReport {
  readonly start: NewGateStart;
  /** The inputs that it is chosen by, as the user gave them. */
  readonly calibration: { readonly from: string; readonly images: number };
  readonly gates: readonly NewGate[];
  /** Scopes of new gates that have no start but `init`: of other kinds, and those that share their numbers. */
  readonly others: readonly string[];
  /** Of the network's outputs. */
  readonly output: ByStart;
}

/** A network whose new gates have started. */
export interface StartedGates {
  /** With the start that was asked for. */
  readonly graph: Graph;
  /** With each start, for comparisons. */
  readonly graphs: Readonly<Record<NewGateStart, Graph>>;
  readonly report: NewGatesReport;
  /** Names of the parameters that have other numbers than initial ones now. */
  readonly started: ReadonlySet<string>;
}

/** A gate and the one that replaced it. */
export interface GatePair {
  readonly before: Op;
  readonly op: Op;
}

/**
 * Gives the gates of a network that a swap made their first numbers, by what the gates before them do with images:
 *
 *     network before the swap ─ run ─ what its gates do ─ numbers of each start ─ network after the swap, with each of them
 *                                                                                 ─ run ─ how near the outputs are
 *
 * Nothing but the new gates and the layers that take over their factors changes.
 *
 * @param original the network before the swap, with its weights
 * @param swapped what passes made of it
 * @param from what the images are, in the user's words
 *
 * Errors: `InputError` where no gate is new, and for a start that no new gate has.
 */
export async function startGates(
  { original, swapped }: { readonly original: Graph; readonly swapped: Graph },
  start: NewGateStart,
  runs: ImageRuns & { readonly from: string },
  seed: number,
): Promise<StartedGates> {
  const pairs = newGatesOf(original, swapped);
  const uses = usesOf(swapped);
  const ecas = pairs.flatMap(({ before, op }) =>
    isPlainEca(op) && isAlone(op, uses) ? [{ before, op }] : [],
  );
  if (ecas.length === 0 && start !== "init") throw noEca(start, pairs);
  const olds = ecas.map(({ before }) => before);
  const seen = await observeGates(runs, original, olds);
  const gates = seen.gates.flatMap((responses, i): PlannedGate[] => {
    const pair = ecas[i];
    return pair === undefined ? [] : [planGate(swapped, pair, responses, seed)];
  });
  const graphs = byStart((each) => withStart(swapped, gates, each));
  const nearness = async (each: NewGateStart) =>
    likeness(seen.outputs, (await observeGates(runs, graphs[each], [])).outputs);
  const output = {
    init: await nearness("init"),
    neutral: await nearness("neutral"),
    fit: await nearness("fit"),
  };
  const started = gates.flatMap(({ op }) => operandParameters(op).map(({ name }) => name));
  return {
    graph: graphs[start],
    graphs,
    started: new Set(start === "init" ? [] : started),
    report: {
      start,
      calibration: { from: runs.from, images: runs.images },
      gates: gates.map(({ report }) => report),
      others: pairs.flatMap(({ op }) => (ecas.some((each) => each.op === op) ? [] : [op.loc.scope])),
      output,
    },
  };
}

/**
 * The gates that stand where another gate stood, and whose numbers are initial ones: those of a checkpoint that has the new
 * gates already stay what they are.
 */
export function newGatesOf(original: Graph, swapped: Graph): readonly GatePair[] {
  const before = new Map(
    original.ops.filter((op) => gateOf(op) !== undefined).map((op) => [op.loc.scope, op]),
  );
  return swapped.ops.flatMap((op): GatePair[] => {
    const old = before.get(op.loc.scope);
    if (old === undefined || gateOf(op) === undefined) return [];
    const initial = operandParameters(op).every(({ data }) => [...storedLeaves(data)].length === 0);
    return initial && !isSameGate(old, op) ? [{ before: old, op }] : [];
  });
}

/** Whether an op is ECA as the paper has it, whose numbers can be fitted: other squeezes and gates start as `init` says. */
function isPlainEca(op: Op): op is Op & OpOf<"attention.eca"> {
  return isOp(op, "attention.eca") && op.attributes.squeeze === "average" && op.attributes.gate === "sigmoid";
}

/** Whether the numbers of a gate are its own: one start can't do what several old gates did. */
function isAlone(op: Op, uses: ReturnType<typeof usesOf>): boolean {
  return operandParameters(op).every((parameter) => uses.get(parameter)?.length === 1);
}

function isSameGate(a: Op, b: Op): boolean {
  const numbers = (op: Op): readonly unknown[] => operandParameters(op).map(({ name, data }) => [name, data]);
  return a.kind === b.kind && dequal(a.attributes, b.attributes) && dequal(numbers(a), numbers(b));
}

function noEca(start: NewGateStart, pairs: readonly GatePair[]): InputError {
  const kinds = [...new Set(pairs.map(({ op }) => gateOf(op)?.type ?? op.kind))].join(", ");
  const isEca = pairs.some(({ op }) => isOp(op, "attention.eca"));
  const what = isEca ? "ECA gates with an average, a sigmoid and numbers of their own" : "ECA gates";
  return InputError.of("new-gates/kind", `--new-gates ${start} is for ${what}; the new ones are ${kinds}`, {
    hint: "gates of other kinds start as --new-gates init says",
  });
}
