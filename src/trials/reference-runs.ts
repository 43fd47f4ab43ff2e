import { joinedNumbers } from "../base/arrays.js";
import { largestDifference } from "../base/distance.js";
import type { Graph } from "../ir/graph.js";
import { isSignal } from "../ir/picture.js";
import type { Tensor } from "../ir/tensor.js";
import { evaluateGraph, type ParameterSource } from "../reference/interpreter.js";
import {
  ENOUGH_NUMBERS,
  measuredError,
  type OutputError,
  ROUNDOFF,
  type RoundedArithmetic,
  type RoundedRun,
} from "../runtime/rounding-error.js";
import {
  type InputShape,
  inputShapes,
  movedBy,
  parameterNumbers,
  type Run,
  randomInputs,
} from "./numbers.js";
import { fixedBatch, type Outputs } from "./outputs.js";
import { quantizedErrors, quantizes } from "./quantized-runs.js";
import { type EvaluationThreads, ONE_BY_ONE } from "./side-by-side.js";

/** The seed of the initial weights, and that of the random inputs. */
export interface Seeds {
  readonly weights: number;
  readonly inputs: number;
}

/** What a network must compute, and how exactly that can be asked for. */
export interface Reference {
  /** The outputs for the first images of the random inputs. */
  outputs(batch: number): Outputs;
  /** What rounding does to each output, by name. */
  readonly errors: ReadonlyMap<string, OutputError>;
  /**
   * The same, measured for each of the images, and for neighbours of them: what saturates for one may show its rounding for another, and few
   * numbers between many that are saturated show theirs in several runs only.
   */
  errorsOfAll(): ReadonlyMap<string, OutputError>;
  /** How many numbers of each output are others where steps are rounded the other way, in one image; none without steps. */
  readonly unstable: ReadonlyMap<string, number>;
  /** How far each output moves from one image to another; none where images aren't evaluated one by one. */
  readonly responses: ReadonlyMap<string, number>;
}

export interface ReferenceOptions {
  /** Default: those of the graph. */
  readonly inputs?: readonly InputShape[];
  /** The numbers of the graph, where they are at hand. Default: made by the seed. */
  readonly parameters?: ParameterSource | undefined;
  /** Evaluates images side by side. Default: one after the other. */
  readonly evaluator?: Pick<EvaluationThreads, "all"> | undefined;
  /** Is told the part that is done; what it throws ends the evaluation. */
  readonly onProgress?: (part: number) => void;
}

/** Runs with rounding, at most: an output of few numbers shows its error only in several. */
const MOST_ROUNDED = 4;

/**
 * Evaluates a graph for the first images of the random inputs of a seed, in float64, and for one of them with rounding too,
 * for more where an output has few numbers. Images are evaluated one by one: inference treats each by itself, and memory
 * stays that of one. A graph of a fixed batch is evaluated with that, and has outputs for no other.
 */
export async function evaluateReference(
  graph: Graph,
  images: number,
  seeds: Seeds,
  arithmetic: RoundedArithmetic,
  options: ReferenceOptions = {},
): Promise<Reference> {
  const { inputs = inputShapes(graph), evaluator = ONE_BY_ONE, onProgress = () => {} } = options;
  const { parameters = parameterNumbers(seeds.weights) } = options;
  const fixed = fixedBatch({ inputs });
  const lot = fixed ?? 1;
  const byImage = fixed === undefined && treatsImagesAlone(graph);
  const given = Array.from({ length: byImage ? images : 1 }, (_, i) =>
    randomInputs(inputs, lot, seeds.inputs, i * lot),
  );
  const [first = new Map()] = given;
  const takesSteps = quantizes(graph);
  const evaluations = [
    ...given.map((inputs) => ({ inputs })),
    ...(takesSteps ? [] : [{ inputs: first, arithmetic }]),
  ];
  const runs = await evaluator.all(graph, evaluations, parameters, onProgress);
  const [exact, [rounded]] = [runs.slice(0, given.length), runs.slice(given.length)];
  const steps = takesSteps ? quantizedErrors(graph, first, parameters, arithmetic) : undefined;
  const known = given.map((inputs, i) => ({
    inputs,
    exact: exact[i],
    rounded: i === 0 ? rounded : undefined,
  }));
  const onOp = (): void => onProgress(1);
  const errors =
    steps?.errors ?? roundingErrors(graph, known, parameters, arithmetic, { onOp, shapes: inputs });
  let all: ReadonlyMap<string, OutputError> | undefined;
  const byBatch = new Map([[lot, exact[0] ?? new Map()]]);
  const runOf = (batch: number): Run => {
    const run =
      byBatch.get(batch) ?? evaluateGraph(graph, randomInputs(inputs, batch, seeds.inputs), parameters);
    byBatch.set(batch, run);
    return run;
  };
  return {
    outputs(batch) {
      const images = byImage ? exact.slice(0, batch) : [runOf(batch)];
      return new Map(
        graph.outputs.map(({ name }) => [name, joinedNumbers(images.map((run) => numbersOf(run, name)))]),
      );
    },
    errors,
    unstable: steps?.unstable ?? new Map(),
    errorsOfAll() {
      all ??= steps?.errors;
      const moved = known.map(({ inputs: each, exact }, i) => ({
        inputs: movedBy(inputs, each, 2 * ROUNDOFF.float32.unit, i),
        exact,
      }));
      all ??= roundingErrors(graph, [...known, ...moved], parameters, arithmetic, {
        least: 2 * given.length,
        shapes: inputs,
      });
      return all;
    },
    responses: byImage ? responsesOf(graph, exact) : new Map(),
  };
}

/**
 * Whether every output has as many items as the inputs have pictures or signals, one for each. What is neither may be a sequence,
 * whose steps depend on each other.
 */
function treatsImagesAlone(graph: Graph): boolean {
  const { inputs, outputs } = graph;
  const batches = new Set(
    inputs.map(({ type: { dims } }) => dims[0]).filter((dim) => typeof dim === "string"),
  );
  if (!inputs.some((input) => input.type.dims.length === 4 || isSignal(input, graph))) return false;
  return outputs.every(({ type: { dims } }) => dims[0] !== undefined && batches.has(String(dims[0])));
}

/** Inputs, and what has been evaluated with them already. */
export interface KnownRun {
  readonly inputs: Run;
  readonly exact?: Run | undefined;
  readonly rounded?: Run | undefined;
}

/**
 * What rounding does to each output: in the given runs one after the other, and then with inputs of the first that are moved a little. At
 * least `least` runs are made, and more while an output shows its error in too few numbers.
 */
export function roundingErrors(
  graph: Graph,
  known: readonly KnownRun[],
  parameters: ParameterSource,
  arithmetic: RoundedArithmetic,
  {
    least = 1,
    onOp,
    shapes = inputShapes(graph),
  }: { readonly least?: number; readonly onOp?: () => void; readonly shapes?: readonly InputShape[] } = {},
): ReadonlyMap<string, OutputError> {
  const runs = new Map<string, RoundedRun[]>(graph.outputs.map(({ name }) => [name, []]));
  const [{ inputs: first } = { inputs: new Map() }] = known;
  let errors: ReadonlyMap<string, OutputError> = new Map();
  for (let i = 0; i < Math.max(MOST_ROUNDED, least); i++) {
    const run: KnownRun = known[i] ?? {
      inputs: movedBy(shapes, first, 2 * ROUNDOFF.float32.unit, i),
    };
    const exact = run.exact ?? evaluateGraph(graph, run.inputs, parameters, onOp);
    const rounded = run.rounded ?? evaluateGraph(graph, run.inputs, parameters, onOp, arithmetic);
    for (const [name, each] of runs) {
      const dims = exact.get(name)?.dims ?? [];
      each.push({ dims, exact: numbersOf(exact, name), rounded: numbersOf(rounded, name) });
    }
    errors = new Map([...runs].map(([name, each]) => [name, measuredError(each, arithmetic)]));
    if (i + 1 >= least && [...errors.values()].every(({ whole }) => whole.seen >= ENOUGH_NUMBERS)) break;
  }
  return errors;
}

/** max |a - b| of each output over pairs of the first run and another. */
function responsesOf({ outputs }: Graph, runs: readonly Run[]): ReadonlyMap<string, number> {
  const [first, ...others] = runs;
  if (first === undefined || others.length === 0) return new Map();
  return new Map(
    outputs.map(({ name }) => [
      name,
      Math.max(...others.map((run) => largestDifference(numbersOf(first, name), numbersOf(run, name)))),
    ]),
  );
}

function numbersOf(run: Run, name: string): Tensor["data"] {
  return run.get(name)?.data ?? new Float64Array();
}
