import * as z from "zod";
import type { Graph, Parameter, Value } from "../../ir/graph.js";
import type { Distribution } from "../../ir/stress/distribution.js";
import type { Moments } from "../../ir/stress/moments.js";
import { definePass } from "../engine/pass.js";
import { StressChooser, stressPrefix, withStress } from "./chooser.js";

/**
 * Replaces the numbers of every trainable parameter and buffer by random ones that leave no part of the
 * network without effect. Fresh weights hide mistakes: gates are all near 1/2, normalisations do nothing,
 * signals fade. Here each layer's weights are chosen by what is expected of its operand, so that
 *
 *     every convolution and matrix product gives numbers around 1, at any depth;
 *     normalisations shift, scale and turn signs, with statistics that are not their input's;
 *     gates spread between about 0.1 and 0.9;
 *     no bias is zero.
 *
 * What is expected is a mean over all random weights; signals of one network are off by small factors, which add up. `verify`
 * measures the moments of each operand instead (`driver/stressed.ts`).
 *
 * Inputs are taken to be N(0, 1). Constants that a lowering made (`fixed`) stay. The random streams are
 * called `stress:` and the parameter's name, so these numbers have nothing to do with the initial ones.
 */
export const stressWeights = definePass({
  name: "stress-weights",
  doc: "Replaces all weights by random ones with which every gate and every block affects the output.",
  options: () =>
    z.strictObject({
      seed: z.int().min(0).default(0).describe("Seed of the weights, combined with the model's seed."),
    }),
  preserves: "signature",
  run(graph, { seed }) {
    const distributions = chooseDistributions(graph);
    return withStress(graph, (parameter) => distributions.get(parameter), stressPrefix(seed));
  },
});

/** Images that are normalised. */
const INPUT: Moments = { power: 1, steady: 0 };

/** Follows the moments through the graph and chooses the numbers of each parameter where it is first read. */
function chooseDistributions(graph: Graph): ReadonlyMap<Parameter, Distribution> {
  const chooser = new StressChooser(graph);
  const moments = new Map<Value, Moments>(graph.inputs.map((input) => [input, INPUT]));
  for (const op of graph.ops) {
    const result = chooser.choose(op, (value) => moments.get(value));
    for (const value of op.results) moments.set(value, result);
  }
  return chooser.distributions;
}
