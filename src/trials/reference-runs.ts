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

/** Runs with rounding, at most: an output of few numbers shows its error only in several. */
const MOST_ROUNDED = 4;

/**
 * Evaluates a graph for the first images of the random inputs of a seed, in float64, and for one of them with rounding too,
 * for more where an output has few numbers. Images are evaluated one by one: inference treats each by itself, and memory
 * stays that of one. A graph of a fixed batch is evaluated with that, and has outputs for no other. `onProgress` is told
 * the part that is done; what it throws ends the evaluation.
 */
export function evaluateReference(
  graph: Graph,
  images: number,
  seeds: Seeds,
  arithmetic: RoundedArithmetic,
  onProgress: (part: number) => void = () => {},
  inputs: readonly InputShape[] = inputShapes(graph),
): Reference {
  const parameters = parameterNumbers(seeds.weights);
  const fixed = fixedBatch({ inputs });
  const lot = fixed ?? 1;
  const byImage = fixed === undefined && treatsImagesAlone(graph);
  const given = Array.from({ length: byImage ? images : 1 }, (_, i) =>
    randomInputs(inputs, lot, seeds.inputs, i * lot),
  );
  const part =
    (done: number) =>
    (op: number, of: number): void =>
      onProgress((done + op / of) / (given.length + 1));
  const exact = given.map((each, i) => evaluateGraph(graph, each, parameters, part(i)));
  const [first = new Map()] = given;
  const steps = quantizes(graph) ? quantizedErrors(graph, first, parameters, arithmetic) : undefined;
  const errors =
    steps?.errors ?? roundingErrors(graph, given, exact, parameters, arithmetic, part(given.length));
  let all: ReadonlyMap<string, OutputError> | undefined;
  const runs = new Map([[lot, exact[0] ?? new Map()]]);
  const runOf = (batch: number): Run => {
    const run =
      runs.get(batch) ??
      evaluateGraph(graph, randomInputs(inputs, batch, seeds.inputs), parameters, part(given.length));
    runs.set(batch, run);
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
      all ??= roundingErrors(
        graph,
        [...given, ...given.map((each, i) => movedBy(inputs, each, 2 * ROUNDOFF.float32.unit, i))],
        [...exact, ...exact],
        parameters,
        arithmetic,
        undefined,
        2 * given.length,
      );
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

/**
 * What rounding does to each output: in the given runs one after the other, and then with inputs that are moved a little. At
 * least `least` runs are made, and more while an output shows its error in too few numbers.
 */
export function roundingErrors(
  graph: Graph,
  inputs: readonly Run[],
  exact: readonly Run[],
  parameters: ParameterSource,
  arithmetic: RoundedArithmetic,
  onOp?: (op: number, of: number) => void,
  least = 1,
): ReadonlyMap<string, OutputError> {
  const runs = new Map<string, RoundedRun[]>(graph.outputs.map(({ name }) => [name, []]));
  let errors: ReadonlyMap<string, OutputError> = new Map();
  const most = Math.max(MOST_ROUNDED, least);
  for (let i = 0; i < most; i++) {
    // Each run is two evaluations, where none is given.
    const step =
      (done: number) =>
      (op: number, of: number): void =>
        onOp?.(2 * i + done + op / of, 2 * most);
    const [first = new Map<string, Tensor>()] = inputs;
    const given = inputs[i] ?? movedBy(inputShapes(graph), first, 2 * ROUNDOFF.float32.unit, i);
    const expected = exact[i] ?? evaluateGraph(graph, given, parameters, step(0));
    const rounded = evaluateGraph(graph, given, parameters, step(1), arithmetic);
    for (const [name, each] of runs) {
      const dims = expected.get(name)?.dims ?? [];
      each.push({ dims, exact: numbersOf(expected, name), rounded: numbersOf(rounded, name) });
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
