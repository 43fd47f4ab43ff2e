import { isDeepStrictEqual } from "node:util";
import { gateOf } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { type Likeness, likeness } from "../base/likeness.js";
import type { Graph, Op } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";
import { storedLeaves } from "../ir/weight.js";
import {
  type ByStart,
  byStart,
  type EcaOp,
  type NewGate,
  operandParameters,
  planGate,
  withStart,
} from "../new-gates/planned-gates.js";
import type { GateResponses } from "../new-gates/responses.js";
import { NEW_GATE_STARTS, type NewGateStart } from "../new-gates/starts.js";
import { type Runtime, startRuntime } from "../runtime/session.js";
import { type Calibration, withCalibration } from "./calibration.js";
import { observeGates } from "./observe-gates.js";
import type { EncodeGraph } from "./run-graph.js";

export interface NewGatesOptions {
  /** How the gates that a swap made start. Left out: `init`. */
  readonly newGates?: NewGateStart | undefined;
  /** The inputs that it is chosen by, and that all starts are compared with: a path, or `random:N`. */
  readonly calibrate?: string | undefined;
}

/** What `--json` says of the gates that a swap made. */
export interface NewGatesReport {
  readonly start: NewGateStart;
  readonly calibration: { readonly from: string; readonly images: number };
  readonly gates: readonly NewGate[];
  /** Scopes of new gates of a kind that has no start but `init`. */
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

/**
 * Gives the gates of a network that a swap made their first numbers, by what the gates before them do with the calibration's
 * inputs. ONNX Runtime runs the network before the swap, and the one after it for each way to start, so that they
 * can be compared. Nothing but the new gates and the layers that take over their factors changes.
 *
 * @param original the network before the swap, with its weights; undefined where nothing was swapped
 * @param swapped what passes made of it
 * @param encode makes models of them; left out, models that are nothing but the graphs
 *
 * Errors: `InputError` where no gate is new, without inputs for a start that needs some, and for inputs that don't fit.
 */
export async function startNewGates(
  original: Graph | undefined,
  swapped: Graph,
  { newGates: start = "init", calibrate }: NewGatesOptions,
  seed: number,
  encode?: EncodeGraph,
): Promise<StartedGates> {
  const pairs = original === undefined ? [] : newGatesOf(original, swapped);
  if (original === undefined || pairs.length === 0) throw noNewGate();
  if (calibrate === undefined) throw noInputs(start);
  return await withCalibration(calibrate, original, seed, async (calibration) => {
    const runtime = await startRuntime();
    try {
      return await startWith(runtime, original, swapped, pairs, start, calibration, seed, encode);
    } finally {
      runtime.close();
    }
  });
}

/** A gate and the one that took its place. */
export interface Pair {
  readonly before: Op;
  readonly op: Op;
}

async function startWith(
  runtime: Runtime,
  original: Graph,
  swapped: Graph,
  pairs: readonly Pair[],
  start: NewGateStart,
  calibration: Calibration,
  seed: number,
  encode: EncodeGraph | undefined,
): Promise<StartedGates> {
  const ecas = pairs.filter(({ op }) => isOp(op, "attention.eca"));
  if (ecas.length === 0 && start !== "init") throw noEca(start, pairs);
  const seen = await observeGates(
    runtime,
    original,
    ecas.map(({ before }) => before),
    calibration,
    seed,
    encode,
  );
  const gates = ecas.map(({ op, before }, i) =>
    planGate(swapped, op as EcaOp, before, seen.gates[i] as GateResponses, seed),
  );
  const graphs = byStart((each) => withStart(swapped, gates, each));
  const output = new Map<NewGateStart, Likeness>();
  for (const each of NEW_GATE_STARTS) {
    const { outputs } = await observeGates(runtime, graphs[each], [], calibration, seed, encode);
    output.set(each, likeness(seen.outputs, outputs));
  }
  const { from, images } = calibration;
  return {
    graph: graphs[start],
    graphs,
    started: new Set(
      start === "init" ? [] : gates.flatMap(({ op }) => operandParameters(op).map(({ name }) => name)),
    ),
    report: {
      start,
      calibration: { from, images },
      gates: gates.map(({ report }) => report),
      others: pairs.filter((pair) => !ecas.includes(pair)).map(({ op }) => op.loc.scope),
      output: byStart((each) => output.get(each) as Likeness),
    },
  };
}

/**
 * The gates at whose place another gate stood, and whose numbers are initial ones: those of a checkpoint that has the new
 * gates already stay what they are.
 */
export function newGatesOf(original: Graph, swapped: Graph): readonly Pair[] {
  const before = new Map(
    original.ops.filter((op) => gateOf(op) !== undefined).map((op) => [op.loc.scope, op]),
  );
  return swapped.ops.flatMap((op): Pair[] => {
    const old = before.get(op.loc.scope);
    if (old === undefined || gateOf(op) === undefined) return [];
    const initial = operandParameters(op).every(({ data }) => [...storedLeaves(data)].length === 0);
    return initial && !isSameGate(old, op) ? [{ before: old, op }] : [];
  });
}

function isSameGate(a: Op, b: Op): boolean {
  const numbers = (op: Op): readonly unknown[] => operandParameters(op).map(({ name, data }) => [name, data]);
  return (
    a.kind === b.kind &&
    isDeepStrictEqual(a.attributes, b.attributes) &&
    isDeepStrictEqual(numbers(a), numbers(b))
  );
}

function noNewGate(): InputError {
  return InputError.of("new-gates/none", "no gate is new: no pass put one in the place of another", {
    hint: "a swap makes new gates, as --passes 'swap-attention{to=eca}'; gates whose weights are given are not new",
  });
}

function noEca(start: NewGateStart, pairs: readonly Pair[]): InputError {
  const kinds = [...new Set(pairs.map(({ op }) => gateOf(op)?.type ?? op.kind))].join(", ");
  return InputError.of("new-gates/kind", `--new-gates ${start} is for ECA gates; the new ones are ${kinds}`, {
    hint: "gates of other kinds start as --new-gates init says",
  });
}

function noInputs(start: NewGateStart): InputError {
  return InputError.of(
    "new-gates/no-inputs",
    `--new-gates ${start} needs inputs: it follows what the old gates do with them`,
    { hint: "--calibrate X.npy, a folder of .npy files, or random:16" },
  );
}
