import { activations } from "../../ir/activations.js";
import { isOp } from "../../ir/rewrite.js";
import {
  type FitTask,
  type GateFit,
  type GateFitter,
  type GateNumbers,
  meanResponses,
  nearest,
} from "./fit.js";
import { inverseOf } from "./inverse.js";
import { linearExcitation } from "./linear-excitation.js";
import { refinedExcitation } from "./refined-excitation.js";
import type { SeShape, SeWeights } from "./se-weights.js";

/** SE with an average, biases and no normalisation. */
export const seFitter: GateFitter = (op) => {
  if (!isOp(op, "attention.se") || op.operands.length !== OPERANDS) return undefined;
  const { squeeze, hidden, gate } = op.attributes;
  const [squeezed, channels] = op.operands[1]?.type.dims ?? [];
  if (squeeze !== "average" || typeof squeezed !== "number" || typeof channels !== "number") return undefined;
  return seFit({ channels, squeezed, hidden, gate });
};

/** x, two weights and two biases. */
const OPERANDS = 5;

/**
 * The gate starts from the principal directions of what the old one does: its pre-activations are regressed on the squeezed values
 * (ridge), the result is cut to as many directions as there are hidden units, and each unit is shifted so far that it is active on
 * all images. From there both layers are fitted to the old gate's responses, each error weighted by what it makes of the result. It
 * needs no factors: each channel has a bias.
 */
export function seFit(shape: SeShape): GateFit {
  const gate = activations[shape.gate];
  const inverse = inverseOf((x) => gate.apply(x));

  const numbersOf = ({ reduce, expand, reduceBias, expandBias }: SeWeights): GateNumbers => ({
    parameters: [reduce, expand, reduceBias, expandBias],
  });

  function totals({ parameters }: GateNumbers, { responses, offset }: FitTask): Float64Array {
    const [reduce = NONE, expand = NONE, reduceBias = NONE, expandBias = NONE] = parameters;
    const gates = excitationOf(shape, { reduce, expand, reduceBias, expandBias }, responses);
    return gates.map((each) => offset + each);
  }

  function neutral({ responses }: FitTask): GateNumbers {
    const { channels, squeezed } = shape;
    return numbersOf({
      reduce: new Float64Array(squeezed * channels),
      expand: new Float64Array(channels * squeezed),
      reduceBias: new Float64Array(squeezed),
      expandBias: meanResponses(responses).map(inverse),
    });
  }

  function fit(task: FitTask): GateNumbers {
    const start = linearExcitation(shape, task.responses);
    const refined = refinedExcitation(shape, start, task.responses);
    return nearest({ totals }, task, [neutral(task), numbersOf(start), numbersOf(refined)]);
  }

  return { neutral, fit, totals };
}

const NONE = new Float64Array();

/** The responses of the gate to squeezed values: per image n and channel c, at n·channels + c. */
function excitationOf(
  { channels, squeezed, hidden, gate }: SeShape,
  { reduce, expand, reduceBias, expandBias }: SeWeights,
  { images, squeeze }: FitTask["responses"],
): Float64Array {
  const responses = new Float64Array(images * channels);
  const units = new Float64Array(squeezed);
  for (let n = 0; n < images; n++) {
    for (let j = 0; j < squeezed; j++) {
      let sum = reduceBias[j] as number;
      for (let c = 0; c < channels; c++) {
        sum += (reduce[j * channels + c] as number) * (squeeze[n * channels + c] as number);
      }
      units[j] = activations[hidden].apply(sum);
    }
    for (let c = 0; c < channels; c++) {
      let sum = expandBias[c] as number;
      for (let j = 0; j < squeezed; j++) sum += (expand[c * squeezed + j] as number) * (units[j] as number);
      responses[n * channels + c] = activations[gate].apply(sum);
    }
  }
  return responses;
}
