import { makeParameter } from "../../ir/builder.js";
import { type Graph, type Op, type OpOf, type Parameter, usesOf, type Value } from "../../ir/graph.js";
import type { OpName } from "../../ir/ops/registry.js";
import { replaceParameters } from "../../ir/rewrite.js";
import { type Distribution, normal, uniform } from "../../ir/stress/distribution.js";
import { type Stress, type StressRule, VARIANCE } from "../../ir/stress/layers.js";
import type { Moments } from "../../ir/stress/moments.js";
import { stressRules } from "./rules.js";

/** What a parameter is taken for where its op has no rule for it. */
const UNIT: Moments = { power: 1, steady: 1 };

/** What an operand is taken for whose numbers say nothing: offsets after zeros must not be zero too. */
const VARYING: Moments = { power: 1, steady: 0 };

/** A signal of less power than this is taken to have it, so that no weight becomes infinite. */
const LEAST_POWER = 1e-12;

/** The index of the variance among a batch normalisation's operands. */
const VARIANCE_OPERAND = 4;

/** Chooses the stress weights of a graph, op by op in its order. */
export class StressChooser {
  readonly distributions = new Map<Parameter, Distribution>();
  readonly #uses: ReadonlyMap<Value, readonly Op[]>;
  /** Parameters that are a variance somewhere, so that they must be positive everywhere. */
  readonly #variances: ReadonlySet<Value>;
  /** The parameters behind values that only hand one on, as exporters do with equal initializers. */
  readonly #behind = new Map<Value, Parameter>();

  constructor(graph: Graph) {
    this.#uses = usesOf(graph);
    for (const op of graph.ops) {
      const [operand] = op.operands;
      const parameter = op.kind === "identity" ? this.#parameterBehind(operand) : undefined;
      const [result] = op.results;
      if (parameter !== undefined && result !== undefined) this.#behind.set(result, parameter);
    }
    const variances = graph.ops.flatMap((op) => {
      const variance =
        op.kind === "batch_norm" ? this.#parameterBehind(op.operands[VARIANCE_OPERAND]) : undefined;
      return variance === undefined ? [] : [variance];
    });
    this.#variances = new Set(variances);
  }

  /** Chooses the parameters that `op` is the first to read, and gives what is expected of its result. `momentsOf`: of other values. */
  choose(op: Op, momentsOf: (value: Value) => Moments | undefined): Moments {
    const moments = (value: Value | undefined): Moments => {
      const parameter = this.#parameterBehind(value);
      if (parameter !== undefined) return parameterMoments(parameter);
      return (value && momentsOf(value)) ?? VARYING;
    };
    const [handedOn] = op.results;
    const reader = handedOn && this.#behind.has(handedOn) ? this.#firstReader(handedOn) : undefined;
    if (reader !== undefined) {
      // What is handed on has to have numbers before its reader's operands are known: these are around 1.
      this.#chooseFor(reader, applyRule(reader, UNIT, UNIT));
      return UNIT;
    }
    const [x, y] = op.kind === "standardized_weight" ? [this.#appliedTo(op)] : op.operands;
    const stress = applyRule(op, moments(x), moments(y));
    this.#chooseFor(op, stress);
    return { ...stress.result, power: Math.max(stress.result.power, LEAST_POWER) };
  }

  #chooseFor(op: Op, { parameters = [] }: Stress): void {
    // An unknown operand may be a scale, or whole numbers: it keeps what it has.
    if (op.kind === "opaque") return;
    op.operands.forEach((operand, i) => {
      const parameter = this.#parameterBehind(operand);
      if (parameter === undefined || parameter.role === "fixed" || this.distributions.has(parameter)) return;
      const own = parameters[i] ?? normal(1);
      const variance = op.kind === "batch_norm" ? parameters[VARIANCE_OPERAND] : undefined;
      this.distributions.set(
        parameter,
        this.#variances.has(parameter) ? (variance ?? uniform(VARIANCE)) : own,
      );
    });
  }

  /** What the layer reads whose weights an op computes. */
  #appliedTo({ results: [weight] }: Op): Value | undefined {
    const [layer] = (weight && this.#uses.get(weight)) ?? [];
    return layer?.operands[0];
  }

  /** The first op that does something with a parameter that is handed on. */
  #firstReader(value: Value): Op | undefined {
    for (const reader of this.#uses.get(value) ?? []) {
      const [result] = reader.results;
      if (result === undefined || !this.#behind.has(result)) return reader;
      const further = this.#firstReader(result);
      if (further !== undefined) return further;
    }
    return undefined;
  }

  #parameterBehind(value: Value | undefined): Parameter | undefined {
    if (value === undefined) return undefined;
    return value.kind === "parameter" ? value : this.#behind.get(value);
  }
}

/** What the random streams of a set of weights are called before the parameters' names. */
export function stressPrefix(set: number): string {
  return set === 0 ? "stress" : `stress:${set}`;
}

/** The numbers of a parameter by a distribution. `prefix`: what its random stream is called before its name. */
export function stressParameter(parameter: Parameter, distribution: Distribution, prefix: string): Parameter {
  const data = distribution(parameter.data.dims, `${prefix}:${parameter.name}`);
  return makeParameter(parameter.name, data, parameter.role, parameter.type.dtype);
}

/** The graph with those numbers; parameters without a distribution keep theirs. */
export function withStress(
  graph: Graph,
  distributionOf: (parameter: Parameter) => Distribution | undefined,
  prefix: string,
): Graph {
  return replaceParameters(graph, (parameter) => {
    const distribution = distributionOf(parameter);
    return distribution === undefined ? parameter : stressParameter(parameter, distribution, prefix);
  });
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
