import * as z from "zod";
import { makeParameter } from "../ir/builder.js";
import type { Graph, Op, OpOf, Parameter, Value } from "../ir/graph.js";
import type { OpName } from "../ir/ops/registry.js";
import { replaceParameters } from "../ir/rewrite.js";
import { definePass } from "./pass.js";
import { type Distribution, normal } from "./stress-weights/distribution.js";
import type { Stress, StressRule } from "./stress-weights/layers.js";
import type { Moments } from "./stress-weights/moments.js";
import { stressRules } from "./stress-weights/rules.js";

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
 * What is expected is a mean over all random weights; signals of one network are off by small factors.
 *
 * Inputs are taken to be N(0, 1). Constants that a lowering made (`fixed`) stay. The random streams are
 * called `stress:` and the parameter's name, so these numbers have nothing to do with the initial ones.
 */
export const stressWeights = definePass({
  name: "stress-weights",
  doc: "Replaces all weights by random ones under which every gate and every block moves the output.",
  options: z.strictObject({
    seed: z
      .int()
      .min(0)
      .default(0)
      .describe("Another seed gives other weights; the model's seed counts too."),
  }),
  preserves: "signature",
  run(graph, { seed }) {
    const prefix = seed === 0 ? "stress" : `stress:${seed}`;
    const distributions = chooseDistributions(graph);
    return replaceParameters(graph, (parameter) => {
      const distribution = distributions.get(parameter);
      if (distribution === undefined) return parameter;
      const data = distribution(parameter.data.dims, `${prefix}:${parameter.name}`);
      return makeParameter(parameter.name, data, parameter.role, parameter.type.dtype);
    });
  },
});

/** Images that are normalised. */
const INPUT: Moments = { power: 1, steady: 0 };

/** What a parameter is taken for where its op has no rule for it. */
const UNIT: Moments = { power: 1, steady: 1 };

/** A signal of less power than this is taken to have it, so that no weight becomes infinite. */
const LEAST_POWER = 1e-12;

/** Follows the moments through the graph and chooses the numbers of each parameter where it is first read. */
function chooseDistributions(graph: Graph): ReadonlyMap<Parameter, Distribution> {
  const distributions = new Map<Parameter, Distribution>();
  const moments = new Map<Value, Moments>(graph.inputs.map((input) => [input, INPUT]));
  const momentsOf = (value: Value | undefined): Moments => {
    if (value?.kind === "parameter") return parameterMoments(value);
    return (value && moments.get(value)) ?? UNIT;
  };
  for (const op of graph.ops) {
    const [x, y] = op.operands;
    const { result, parameters = [] } = applyRule(op, momentsOf(x), momentsOf(y));
    op.operands.forEach((operand, i) => {
      if (operand.kind !== "parameter" || operand.role === "fixed" || distributions.has(operand)) return;
      distributions.set(operand, parameters[i] ?? normal(1));
    });
    const power = Math.max(result.power, LEAST_POWER);
    for (const value of op.results) moments.set(value, { ...result, power });
  }
  return distributions;
}

/** A constant has its own power; other parameters will be of N(0, 1) where an op treats them like any operand. */
function parameterMoments({ role, data }: Parameter): Moments {
  if (role !== "fixed" || data.kind !== "constant") return UNIT;
  const power = Math.max(data.value ** 2, LEAST_POWER);
  return { power, steady: power };
}

/** The table ties each rule to its own op, which TypeScript can't follow through the look-up. */
function applyRule(op: Op, x: Moments, y: Moments): Stress {
  return (stressRules[op.kind] as StressRule<OpName>)(op as OpOf<OpName>, x, y);
}
