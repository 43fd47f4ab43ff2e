import { isDeepStrictEqual } from "node:util";
import { gateOf } from "../analysis/counts.js";
import { InputError } from "../base/diagnostic.js";
import { type Likeness, likeness } from "../base/likeness.js";
import { makeParameter } from "../ir/builder.js";
import type { Graph, Op, OpOf, Parameter } from "../ir/graph.js";
import { isOp, replaceParameters } from "../ir/rewrite.js";
import { storedLeaves, storedWeight, type WeightExpr } from "../ir/weight.js";
import { type FactorPlace, factorPlace, withFactor } from "../passes/channel-factor.js";
import { materialize } from "../weights/materialize.js";
import {
  type EcaNumbers,
  type EcaShape,
  ecaResponses,
  fitEca,
  neutralEca,
} from "../weights/new-gates/eca-start.js";
import type { GateResponses } from "../weights/new-gates/responses.js";
import { NEW_GATE_STARTS, type NewGateStart } from "../weights/new-gates/starts.js";
import { type Calibration, withCalibration } from "./calibration.js";
import { observeGates } from "./observe-gates.js";

export interface NewGatesOptions {
  /** How the gates that a swap made start. Left out: `init`. */
  readonly newGates?: NewGateStart | undefined;
  /** The inputs that it is chosen by, and that all starts are compared with: a path, or `random:N`. */
  readonly calibrate?: string | undefined;
}

/** How near something is to the network before the swap, for each way to start. */
export type ByStart = Readonly<Record<NewGateStart, Likeness>>;

/** A gate that a swap made, and how near it is to the gate whose place it took. */
export interface NewGate {
  /** Its scope. */
  readonly at: string;
  /** `se (96 → 4 → 96)` */
  readonly before: string;
  /** `eca (k = 3)` */
  readonly gate: string;
  /** The parameters of a neighbouring layer that take a factor for each channel over; none where no layer can. */
  readonly factorIn: readonly string[];
  /** Why no layer can. */
  readonly reason?: string;
  /** Of the gate's results, given what the old gate was given. */
  readonly likeness: ByStart;
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
  readonly graph: Graph;
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
 *
 * Errors: `InputError` where no gate is new, without inputs for a start that needs some, and for inputs that don't fit.
 */
export async function startNewGates(
  original: Graph | undefined,
  swapped: Graph,
  { newGates: start = "init", calibrate }: NewGatesOptions,
  seed: number,
): Promise<StartedGates> {
  const pairs = original === undefined ? [] : newGatesOf(original, swapped);
  if (original === undefined || pairs.length === 0) throw noNewGate();
  if (calibrate === undefined) throw noInputs(start);
  return await withCalibration(calibrate, original, seed, (calibration) =>
    startWith(original, swapped, pairs, start, calibration, seed),
  );
}

interface Pair {
  readonly before: Op;
  readonly op: Op;
}

async function startWith(
  original: Graph,
  swapped: Graph,
  pairs: readonly Pair[],
  start: NewGateStart,
  calibration: Calibration,
  seed: number,
): Promise<StartedGates> {
  const ecas = pairs.filter(({ op }) => isOp(op, "attention.eca"));
  const seen = await observeGates(
    original,
    ecas.map(({ before }) => before),
    calibration,
    seed,
  );
  const gates = ecas.map(({ op, before }, i) =>
    planGate(swapped, op as EcaOp, before, seen.gates[i] as GateResponses, seed),
  );
  const outputs = new Map<NewGateStart, Likeness>();
  for (const each of NEW_GATE_STARTS) {
    const { outputs: actual } = await observeGates(withStart(swapped, gates, each), [], calibration, seed);
    outputs.set(each, likeness(seen.outputs, actual));
  }
  const { from, images } = calibration;
  return {
    graph: withStart(swapped, gates, start),
    started: new Set(
      start === "init" ? [] : gates.flatMap(({ op }) => parametersOf(op).map(({ name }) => name)),
    ),
    report: {
      start,
      calibration: { from, images },
      gates: gates.map(({ report }) => report),
      others: pairs.filter((pair) => !ecas.includes(pair)).map(({ op }) => op.loc.scope),
      output: Object.fromEntries(outputs) as unknown as ByStart,
    },
  };
}

type EcaOp = OpOf<"attention.eca">;

/** A new gate with the numbers of each start. */
interface PlannedGate {
  readonly op: EcaOp;
  readonly place: FactorPlace | undefined;
  readonly numbers: Readonly<Record<NewGateStart, EcaNumbers>>;
  readonly report: NewGate;
}

function planGate(graph: Graph, op: EcaOp, before: Op, responses: GateResponses, seed: number): PlannedGate {
  const [weight, bias] = parametersOf(op);
  const { kernel, padding } = op.attributes;
  const shape: EcaShape = { kernel, padding, bias: bias !== undefined };
  const found = factorPlace(graph, op);
  const place = "reason" in found ? undefined : found;
  const numbers: PlannedGate["numbers"] = {
    init: {
      weight: weight === undefined ? new Float64Array(kernel) : materialize(weight.data, seed),
      bias: bias === undefined ? 0 : (materialize(bias.data, seed)[0] ?? 0),
      factor: new Float64Array(responses.channels).fill(1),
    },
    neutral: neutralEca(shape, responses, place?.side),
    fit: fitEca(shape, responses, place?.side),
  };
  const near = (start: NewGateStart): Likeness =>
    likeness(
      responses.response,
      ecaResponses(numbers[start], shape, responses, place?.side),
      responses.power,
    );
  return {
    op,
    place,
    numbers,
    report: {
      at: op.loc.scope,
      before: gateOf(before)?.text ?? before.kind,
      gate: gateOf(op)?.text ?? op.kind,
      factorIn: place?.parameters.map(({ name }) => name) ?? [],
      ...("reason" in found ? { reason: found.reason } : {}),
      likeness: { init: near("init"), neutral: near("neutral"), fit: near("fit") },
    },
  };
}

/** The network with the numbers of a start in its new gates and the layers that take their factors. */
function withStart(graph: Graph, gates: readonly PlannedGate[], start: NewGateStart): Graph {
  if (start === "init") return graph;
  const data = new Map<Parameter, WeightExpr>();
  for (const { op, place, numbers } of gates) {
    const { weight, bias, factor } = numbers[start];
    [weight, [bias]].forEach((values, i) => {
      const parameter = parametersOf(op)[i];
      if (parameter === undefined) return;
      const { dims } = parameter.data;
      data.set(parameter, storedWeight(dims, `new:${parameter.name}`, Float32Array.from(values)));
    });
    if (place === undefined) continue;
    // A layer between two gates may take factors of both.
    const sofar = (parameter: Parameter): WeightExpr => data.get(parameter) ?? parameter.data;
    const label = `new:${op.loc.scope}`;
    for (const [parameter, expression] of withFactor(place, Float32Array.from(factor), label, sofar)) {
      data.set(parameter, expression);
    }
  }
  return replaceParameters(graph, (parameter) => {
    const expression = data.get(parameter);
    return expression === undefined
      ? parameter
      : makeParameter(parameter.name, expression, parameter.role, parameter.type.dtype);
  });
}

/**
 * The gates at whose place another gate stood, and whose numbers are initial ones: those of a checkpoint that has the new
 * gates already stay what they are.
 */
function newGatesOf(original: Graph, swapped: Graph): readonly Pair[] {
  const before = new Map(
    original.ops.filter((op) => gateOf(op) !== undefined).map((op) => [op.loc.scope, op]),
  );
  return swapped.ops.flatMap((op): Pair[] => {
    const old = before.get(op.loc.scope);
    if (old === undefined || gateOf(op) === undefined) return [];
    const initial = parametersOf(op).every(({ data }) => [...storedLeaves(data)].length === 0);
    return initial && !isSameGate(old, op) ? [{ before: old, op }] : [];
  });
}

function isSameGate(a: Op, b: Op): boolean {
  const numbers = (op: Op): readonly unknown[] => parametersOf(op).map(({ name, data }) => [name, data]);
  return (
    a.kind === b.kind &&
    isDeepStrictEqual(a.attributes, b.attributes) &&
    isDeepStrictEqual(numbers(a), numbers(b))
  );
}

function parametersOf({ operands }: Op): readonly Parameter[] {
  return operands.filter((operand) => operand.kind === "parameter");
}

function noNewGate(): InputError {
  return InputError.of("new-gates/none", "no gate is new: no pass put one in the place of another", {
    hint: "a swap makes new gates, as --passes 'swap-attention{to=eca}'; gates whose weights are given are not new",
  });
}

function noInputs(start: NewGateStart): InputError {
  return InputError.of(
    "new-gates/no-inputs",
    `--new-gates ${start} needs inputs: it follows what the old gates do with them`,
    { hint: "--calibrate X.npy, a folder of .npy files, or random:16" },
  );
}
