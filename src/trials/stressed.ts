import { InputError } from "../base/diagnostic.js";
import { largestDifference } from "../base/distance.js";
import type { Graph, Parameter, Value } from "../ir/graph.js";
import { replaceParameters, retypeInputs } from "../ir/rewrite.js";
import type { Moments } from "../ir/stress/moments.js";
import type { Tensor } from "../ir/tensor.js";
import { type Dim, sameDims, tensorType } from "../ir/types.js";
import { StressChooser, stressParameter, stressPrefix } from "../passes/stress-weights/chooser.js";
import { evaluateGraph, type ParameterSource } from "../reference/interpreter.js";
import { type InputValues, withValues } from "./input-values.js";
import { boundedInputs, type InputShape, inputShapes, parameterNumbers, randomInputs } from "./numbers.js";
import { fixedBatch } from "./outputs.js";

/** Images that the operands are measured with. */
const IMAGES = 2;

/** Sets of weights that are tried, at most, for one under which the network does something. */
export const MOST_STRESS_SETS = 8;

/** How far the outputs move from one image to another at least, as a part of their size. */
const LEAST_RESPONSE = 1e-3;

/** One set of stress weights. */
export interface StressWeights {
  /** A network with parameters of the same names with these numbers, whatever the size of its images. */
  apply(graph: Graph): Graph;
  /** The numbers of those parameters, which are made once for all of these networks. */
  readonly numbers: ParameterSource;
  /** Whether every output depends on the input; true where the batch is one image and that can't be seen. */
  readonly responds: boolean;
}

/**
 * The graph with weights that make every part of it matter: a freshly initialised network hides mistakes. Of a few sets of weights
 * the first under which every output depends on the input; the first of all where there is none. They are chosen with images as small as
 * the graph allows, which takes less time.
 */
export function stressed(graph: Graph, seed: number, values: InputValues = {}): Graph {
  const sample = withSmallImages(graph);
  const first = stressWeightsOf(sample, seed, 0, values);
  let chosen = first;
  for (let set = 1; !chosen.responds && set < MOST_STRESS_SETS; set++)
    chosen = stressWeightsOf(sample, seed, set, values);
  return (chosen.responds ? chosen : first).apply(graph);
}

/** The graph for images of a smaller height and width, if its ops can be built for one; else as it is. */
function withSmallImages(graph: Graph): Graph {
  for (const side of SMALL_SIDES) {
    const smaller = (dim: Dim): Dim => (typeof dim === "number" ? Math.min(dim, side) : dim);
    const small = retypeInputs(graph, ({ type: { dims, dtype } }) => {
      const [batch = 1, channels = 1, ...sides] = dims;
      return dims.length === 4
        ? tensorType([batch, channels, ...sides.map(smaller)], dtype)
        : tensorType(dims, dtype);
    });
    if (small !== undefined) return small;
  }
  return graph;
}

/** Heights and widths that are tried, from the smallest. */
const SMALL_SIDES = [64, 128];

/**
 * The weights of the pass `stress-weights{seed=SET}`, but chosen by the operands of each layer as they are in a run of `sample`, and not as they
 * are expected to be: expectations are off by small factors, which multiply from layer to layer until rounding is
 * all that is left. `seed`: that of the model. Whole numbers are as large as the graph takes them.
 */
export function stressWeightsOf(
  sample: Graph,
  seed: number,
  set: number,
  { inputValues }: InputValues = {},
): StressWeights {
  let refused: unknown;
  for (const inputs of boundedInputs(withValues(inputShapes(sample), inputValues))) {
    try {
      return stressWeightsWith(inputs, sample, seed, set);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      refused ??= error;
    }
  }
  throw refused;
}

function stressWeightsWith(
  shapes: readonly InputShape[],
  sample: Graph,
  seed: number,
  set: number,
): StressWeights {
  const prefix = stressPrefix(set);
  const chooser = new StressChooser(sample);
  const numbers = parameterNumbers(seed);
  const made = new Map<Parameter, Parameter>();
  const parameters = (parameter: Parameter): Tensor => {
    const distribution = chooser.distributions.get(parameter);
    const own =
      made.get(parameter) ?? (distribution ? stressParameter(parameter, distribution, prefix) : parameter);
    made.set(parameter, own);
    return numbers(own);
  };
  const measured = new Map<Value, Moments | undefined>();
  const batch = fixedBatch({ inputs: inputShapes(sample) }) ?? IMAGES;
  const inputs = randomInputs(shapes, batch, seed);
  const outputs = evaluateGraph(sample, inputs, parameters, (index, _of, tensorOf) => {
    const op = sample.ops[index];
    if (op === undefined) return;
    chooser.choose(op, (value) => {
      if (!measured.has(value)) measured.set(value, momentsOf(tensorOf(value)));
      return measured.get(value);
    });
  });
  const byName = new Map([...chooser.distributions].map(([{ name }, each]) => [name, each]));
  const known = new Map([...made.values()].map((parameter) => [parameter.name, parameter]));
  return {
    apply: (graph) =>
      replaceParameters(graph, (parameter) => {
        const distribution = byName.get(parameter.name);
        if (distribution === undefined) return parameter;
        const same = known.get(parameter.name);
        return same !== undefined && sameDims(same.data.dims, parameter.data.dims)
          ? same
          : stressParameter(parameter, distribution, prefix);
      }),
    numbers,
    responds: [...outputs.values()].every((output) => respondsTo(output, batch)),
  };
}

function respondsTo({ dims, data }: Tensor, batch: number): boolean {
  if (batch === 1 || dims[0] !== batch) return true;
  const [size, item] = [data.reduce((most, x) => Math.max(most, Math.abs(x)), 0), data.length / batch];
  return (
    largestDifference(data.subarray(0, item), data.subarray(item, 2 * item)) >= LEAST_RESPONSE * size &&
    size > 0
  );
}

/**
 * The moments of a tensor whose second axis is the channels. Undefined where they are not finite. A part of the
 * power always counts as what varies, so that offsets are not zero where few numbers happen to be alike.
 */
function momentsOf({ dims, data }: Tensor): Moments | undefined {
  const [, channels = 1] = dims;
  const positions = dims.slice(2).reduce((all, size) => all * size, 1);
  const sums = new Float64Array(channels);
  let squares = 0;
  for (let row = 0; row * positions < data.length; row++) {
    let sum = 0;
    for (let i = row * positions; i < (row + 1) * positions; i++) {
      const x = data[i] as number;
      squares += x * x;
      sum += x;
    }
    sums[row % channels] = (sums[row % channels] as number) + sum;
  }
  const perChannel = data.length / channels;
  const power = squares / data.length;
  const steady = sums.reduce((all, sum) => all + (sum / perChannel) ** 2, 0) / channels;
  const mean = sums.reduce((all, sum) => all + sum, 0) / data.length;
  if (!Number.isFinite(power) || power === 0) return undefined;
  return { power, steady: Math.min(steady, (1 - LEAST_VARYING) * power), mean };
}

/** The least part of a signal's power that counts as varying from position to position. */
const LEAST_VARYING = 0.01;
