import { blockIn } from "../../analysis/block-outputs.js";
import type { Deadline } from "../../base/deadline.js";
import { Defect, InputError } from "../../base/diagnostic.js";
import { once } from "../../base/late.js";
import { withoutListeners } from "../../files/termination.js";
import { innermostScope } from "../../ir/graph.js";
import {
  type Check,
  type Judgement,
  judge,
  judgeWhole,
  statistics,
  type Tolerance,
} from "../../runtime/compare.js";
import { type DeviceName, isProcessor } from "../../runtime/devices.js";
import { placementOf } from "../../runtime/placement.js";
import type { Runtime, Session } from "../../runtime/session.js";
import type { InputValues } from "../../trials/input-values.js";
import {
  fixedBatch,
  type Interface,
  interfaceOf,
  interfaceProblem,
  type Outputs,
  runModel,
  workableInputs,
} from "../../trials/outputs.js";
import { evaluateReference, type Reference } from "../../trials/reference-runs.js";
import type { EvaluationThreads } from "../../trials/side-by-side.js";
import { type MeasuredOutputs, measuredOn } from "./measured.js";
import { reconsidering } from "./reconsidered.js";
import type { Comparison, ModelPlacement } from "./report.js";
import type { Round, Subject } from "./round.js";

/** What all rounds have in common. */
export interface RunContext extends InputValues {
  readonly runtime: Runtime;
  readonly device: DeviceName;
  /** Whether the first subject is run on the CPU too. */
  readonly alsoOnCpu: boolean;
  readonly batches: readonly number[];
  /** The seed of the initial weights. */
  readonly weightSeed: number;
  /** The seeds of the random inputs. */
  readonly seeds: readonly number[];
  readonly tolerance: Tolerance;
  /** What leaving out a gate must move the output by more than, whatever a user allows. */
  readonly gateTolerance: Tolerance;
  readonly deadline: Deadline;
  /** Evaluates the reference. */
  readonly evaluator: EvaluationThreads;
  readonly note: (check: Check) => void;
}

/** What a round has found. */
export interface RoundResult {
  readonly comparisons: readonly Comparison[];
  /** Where the nodes of each subject have run; empty on the CPU. */
  readonly placements: readonly ModelPlacement[];
}

interface Candidate {
  readonly label: string;
  readonly session: Session;
}

/** A round whose subjects are loaded, and whose reference is being evaluated. */
export interface BegunRound {
  readonly round: Round;
  readonly candidates: readonly Candidate[];
  readonly wanted: Interface;
  /** For each seed of inputs; undefined where the interpreter can't say what must be computed. */
  readonly references: readonly (() => Promise<Reference | undefined>)[];
}

/** What is told of a round: what goes on, and the part of it that is done. */
export type RoundProgress = (message: string, part: number) => void;

/** The part of a round that its reference takes. */
const REFERENCE_PART = 0.8;

/** Loads the subjects of a round, and begins with the reference for the first seed of inputs. */
export async function beginRound(
  round: Round,
  context: RunContext,
  progress: RoundProgress,
): Promise<BegunRound> {
  const { batches, seeds } = context;
  const candidates = await openCandidates(round, context);
  const wanted = await workable(wantedInterface(round, candidates), candidates, batches, context);
  const references = seeds.map((seed, i) =>
    once(() => {
      const told = (part: number) => {
        context.deadline.check("evaluating the reference");
        progress(`reference interpreter, seed ${seed}`, (i + REFERENCE_PART * part) / seeds.length);
      };
      return evaluated(round, candidates, wanted, context, seed, told);
    }),
  );
  // The weights are made before the threads begin.
  await withoutListeners();
  // What goes wrong is thrown to who waits for it.
  references[0]?.().catch(() => {});
  return { round, candidates, wanted, references };
}

/** Runs the subjects of a round, and compares each with the reference, and the first with each of the others. */
export async function finishRound(
  { round, candidates, wanted, references }: BegunRound,
  context: RunContext,
  progress: RoundProgress,
): Promise<RoundResult> {
  const { batches, seeds } = context;
  const comparisons: Comparison[] = [];
  const steps = seeds.length;
  for (const [i, seed] of seeds.entries()) {
    await withoutListeners();
    const reference = await references[i]?.();
    const outputs = new Map<Candidate, ReadonlyMap<number, Outputs>>();
    for (const [j, candidate] of candidates.entries()) {
      const runs = new Map<number, Outputs>();
      for (const batch of batchesOf(candidate, wanted, batches)) {
        const part = REFERENCE_PART + ((1 - REFERENCE_PART) * j) / candidates.length;
        progress(`${candidate.label}, batch ${batch}`, (i + part) / steps);
        runs.set(batch, await runModel(candidate.session, wanted.inputs, batch, seed));
      }
      outputs.set(candidate, runs);
    }
    const measured = await measuredOn(
      reference,
      candidates,
      wanted,
      Math.max(1, ...candidates.flatMap((each) => batchesOf(each, wanted, batches))),
      seed,
      context.tolerance,
      round.isCoarse,
    );
    const compared = compareAll(round, candidates, outputs, reference, measured, seed, context.tolerance);
    const reconsider = reconsidering(round, candidates[0]?.session, wanted, measured, context.tolerance);
    for (const each of compared) comparisons.push(await reconsider(each));
  }
  const placements = await placementsOf(round, candidates);
  for (const { session } of candidates) await session.close();
  return { comparisons, placements };
}

/** Loads the subjects; one whose inputs or outputs are not the network's is a failed check. */
async function openCandidates(round: Round, context: RunContext): Promise<readonly Candidate[]> {
  const { runtime, device, alsoOnCpu, note } = context;
  const [first] = round.subjects;
  const wanted: readonly { readonly subject: Subject; readonly on: DeviceName }[] = [
    ...round.subjects.map((subject) => ({ subject, on: device })),
    ...(alsoOnCpu && first !== undefined ? [{ subject: first, on: "cpu" as const }] : []),
  ];
  const open: Candidate[] = [];
  for (const { subject, on } of wanted) {
    // Whether all nodes are on the device is seen in the profile, which names those that are not.
    const options = { device: on, allowCpuNodes: true, profile: on !== "cpu" };
    const session = await runtime.open(subject.model, options, subject.label);
    const [empty] = session.inputs;
    if (empty?.dims.includes(0)) {
      await session.close();
      const message = `the input ${empty.name} of ${subject.label} is [${empty.dims.join(", ")}]: it has no numbers to compare anything for`;
      throw InputError.of("run/empty-input", message);
    }
    const problem = interfaceProblem(session, wantedInterface(round, [...open, { label: "", session }]));
    if (problem === undefined) {
      open.push({ label: `${subject.label} on ${on}`, session });
    } else {
      note({ name: "inputs and outputs", ok: false, detail: `${subject.label}: ${problem}` });
      await session.close();
    }
  }
  return open;
}

/** The inputs and outputs that count: the reference's, else those of the first model. */
function wantedInterface({ reference, inputs }: Round, candidates: readonly Candidate[]): Interface {
  if (reference !== undefined) return interfaceOf(reference);
  const first = candidates[0]?.session;
  return { inputs: inputs ?? first?.inputs ?? [], outputNames: first?.outputNames ?? [] };
}

/** The batches that a model is run with: its own, or that of the sizes that were given, or those that were asked for. */
function batchesOf({ session }: Candidate, wanted: Interface, batches: readonly number[]): readonly number[] {
  const fixed = fixedBatch(session) ?? fixedBatch(wanted);
  return fixed === undefined ? batches : [fixed];
}

/** With whole numbers that the first model runs with. */
async function workable(
  wanted: Interface,
  candidates: readonly Candidate[],
  batches: readonly number[],
  values: InputValues,
): Promise<Interface> {
  const [first] = candidates;
  if (first === undefined) return wanted;
  const [batch = 1] = batchesOf(first, wanted, batches);
  return { ...wanted, inputs: await workableInputs(first.session, wanted.inputs, batch, values) };
}

async function evaluated(
  { reference, parameters }: Round,
  candidates: readonly Candidate[],
  wanted: Interface,
  { batches, tolerance: { precision }, weightSeed, evaluator }: RunContext,
  seed: number,
  onProgress: (part: number) => void,
): Promise<Reference | undefined> {
  if (reference === undefined || candidates.length === 0) return undefined;
  const images = Math.max(...candidates.flatMap((each) => batchesOf(each, wanted, batches)));
  const seeds = { weights: weightSeed, inputs: seed };
  return await evaluateReference(reference, images, seeds, precision, {
    inputs: wanted.inputs,
    ...{ parameters, evaluator, onProgress },
  });
}

/** Nothing is called wrong by what rounding does for one image alone: then it is measured for all of them. */
function judgedAgain(judged: Judgement, again: () => Judgement | undefined): Judgement {
  return judged.verdict === "wrong" ? (again() ?? judged) : judged;
}

function compareAll(
  round: Round,
  candidates: readonly Candidate[],
  outputs: ReadonlyMap<Candidate, ReadonlyMap<number, Outputs>>,
  reference: Reference | undefined,
  { errors, responses, unstable }: MeasuredOutputs,
  seed: number,
  tolerance: Tolerance,
): Comparison[] {
  const found: Comparison[] = [];
  const compare = (a: string, b: string, batch: number, expected: Outputs, actual: Outputs): void => {
    for (const [output, numbers] of expected) {
      const error = errors(batch).get(output);
      if (error === undefined) throw new Defect(`no rounding error of the output ${output}`);
      const given = actual.get(output) ?? [];
      const far = statistics(numbers, given, tolerance);
      const mayChange = tolerance.elementwise === undefined ? unstable(output, batch) : undefined;
      const response = responses.get(output);
      const judged =
        mayChange === undefined
          ? judgedAgain(judge(numbers, given, error, tolerance, response), () => {
              const again = reference?.errorsOfAll().get(output);
              return again && judge(numbers, given, again, tolerance, response);
            })
          : judgeWhole(numbers, given, error.dims, mayChange, response);
      const ok = judged.verdict === "right";
      found.push({ a, b, weights: round.weights, seed, batch, output, ...far, ...judged, ok });
    }
  };
  for (const candidate of candidates) {
    for (const [batch, actual] of outputs.get(candidate) ?? []) {
      if (reference !== undefined)
        compare("reference", candidate.label, batch, reference.outputs(batch), actual);
    }
  }
  const [first, ...others] = candidates;
  for (const other of others) {
    for (const [batch, expected] of outputs.get(other) ?? []) {
      const actual = first && outputs.get(first)?.get(batch);
      if (first !== undefined && actual !== undefined)
        compare(other.label, first.label, batch, expected, actual);
    }
  }
  return found;
}

async function placementsOf(
  { blocks }: Round,
  candidates: readonly Candidate[],
): Promise<readonly ModelPlacement[]> {
  const placements: ModelPlacement[] = [];
  for (const { label, session } of candidates) {
    if (isProcessor(session.device)) continue;
    const { nodes, onCpu } = placementOf(await session.profile());
    placements.push({
      model: label,
      nodes,
      onCpu: onCpu.map((each) => ({
        ...each,
        block: innermostScope(each.node, blocks) ?? blockIn(each.node),
      })),
    });
  }
  return placements;
}
