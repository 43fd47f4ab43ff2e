import { gateOf } from "../analysis/counts.js";
import { type Likeness, likeness } from "../base/distance.js";
import { type FactorPlan, FactorPlanner, type GateUnit } from "../ir/channel-factors.js";
import { withFactors } from "../ir/factored-weights.js";
import type { Graph, Op, Parameter } from "../ir/graph.js";
import { replaceData, rewriteGraph } from "../ir/rewrite.js";
import { storedWeight, type WeightExpr } from "../ir/weight.js";
import { materialize } from "../weights/values/materialize.js";
import { type FitTask, type GateFit, type GateNumbers, oldTotals, squaredError } from "./fits/fit.js";
import type { GateResponses } from "./gate-responses.js";
import type { NewGateStart } from "./starts.js";

/** Something for each way to start. */
export type ByStart<T> = Readonly<Record<NewGateStart, T>>;

/** A table with a row for each start. */
export function byStart<T>(of: (start: NewGateStart) => T): ByStart<T> {
  return { init: of("init"), neutral: of("neutral"), fit: of("fit") };
}

/** A gate and the one that replaced it. */
export interface GatePair {
  readonly before: Op;
  readonly op: Op;
}

/** A gate that a swap made, and how near it is to the gate that it replaced. */
export interface NewGate {
  /** Its scope. */
  readonly at: string;
  /** `se (96 → 4 → 96)` */
  readonly before: string;
  /** `eca (k = 3)` */
  readonly gate: string;
  /** The parameters of neighbouring layers that can absorb a factor for each channel; none if no layer can. */
  readonly factorIn: readonly string[];
  /** Why no layer can. */
  readonly reason?: string;
  /** Of what the unit of the gate gives, with a residual gate's sum, given what the old gate was given. */
  readonly likeness: ByStart<Likeness>;
  /**
   * The part of the old gate's variation between images that the new one follows: 1 for the same gate, 0 for a constant of the
   * same means, less than 0 for what is further off.
   */
  readonly explained: ByStart<number>;
}

/** A new gate that can be fitted. */
export interface PlannedGate extends GatePair {
  readonly fit: GateFit;
  /** The layers that take factors over, in the network after the swap. */
  readonly layers: FactorPlan | undefined;
  readonly reason: string | undefined;
  readonly offset: GateUnit["offset"];
  /** Whether the old gate's responses are nowhere negative, which factors through a ReLU must not be either. */
  readonly isNonNegative: boolean;
}

export function planGate(planner: FactorPlanner, pair: GatePair, fit: GateFit): PlannedGate {
  const unit = planner.unit(pair.op);
  const isNonNegative = hasNoNegatives(pair.before);
  const found = planner.around(unit, isNonNegative ? "non-negative" : "any");
  const isPlan = !("reason" in found);
  return {
    ...pair,
    fit,
    layers: isPlan ? found : undefined,
    reason: isPlan ? undefined : found.reason,
    offset: unit.offset,
    isNonNegative,
  };
}

const NON_NEGATIVE: readonly unknown[] = ["sigmoid", "hard_sigmoid", "hard_sigmoid_0.2"];

/** Whether a gate's responses are nowhere negative. */
function hasNoNegatives({ attributes }: Op): boolean {
  return "gate" in attributes && NON_NEGATIVE.includes(attributes.gate);
}

export function taskOf({ layers, offset }: PlannedGate, responses: GateResponses): FitTask {
  return { responses, offset, side: layers?.side };
}

/** The numbers that a gate has as it is, without factors. */
export function initialNumbers({ op }: PlannedGate, seed: number): GateNumbers {
  return { parameters: operandParameters(op).map(({ data }) => materialize(data, seed)) };
}

/** What `--json` says of a gate. `held` are images that it was not fitted to. */
export function reportGate(
  planned: PlannedGate,
  numbers: ByStart<GateNumbers>,
  { fitted, held }: { readonly fitted: GateResponses; readonly held: GateResponses },
): NewGate {
  const { before, op, fit, layers, reason } = planned;
  const task = taskOf(planned, held);
  const totals = byStart((start) => fit.totals(numbers[start], task));
  return {
    at: op.loc.scope,
    before: textOf(before),
    gate: textOf(op),
    factorIn: layers?.parameters.map(({ parameter }) => parameter.name) ?? [],
    ...(reason === undefined ? {} : { reason }),
    likeness: byStart((start) => likeness(oldTotals(task), totals[start], held.weight)),
    explained: byStart((start) => explainedPart(task, taskOf(planned, fitted), totals[start])),
  };
}

/** 1 - Σ w (T - T₀)² / Σ w (T̄ - T₀)², T̄ the mean of each channel over the images that were fitted to. */
export function explainedPart(task: FitTask, fitted: FitTask, totals: Float64Array): number {
  const { channels, images, weight } = fitted.responses;
  const old = oldTotals(fitted);
  const means = Float64Array.from({ length: channels }, (_, c) => {
    let [sum, total] = [0, 0];
    for (let at = c; at < images * channels; at += channels) {
      sum += (weight[at] as number) * (old[at] as number);
      total += weight[at] as number;
    }
    return total === 0 ? 1 : sum / total;
  });
  const constant = squaredError(
    task,
    totals.map((_, i) => means[i % channels] as number),
  );
  return constant === 0 ? 0 : 1 - squaredError(task, totals) / constant;
}

export function textOf(op: Op): string {
  return gateOf(op)?.text ?? (op.kind === "mul" ? "a factor for each channel" : op.kind);
}

/** The network with numbers in its new gates, and their factors in the layers beside them. */
export function withNumbers(
  graph: Graph,
  gates: readonly (PlannedGate & { readonly numbers: GateNumbers })[],
): Graph {
  const data = new Map<Parameter, WeightExpr>();
  const sofar = (parameter: Parameter): WeightExpr => data.get(parameter) ?? parameter.data;
  for (const { op, layers, numbers } of gates) {
    operandParameters(op).forEach((parameter, i) => {
      const values = Float32Array.from(numbers.parameters[i] ?? []);
      data.set(parameter, storedWeight(parameter.data.dims, `new:${parameter.name}`, values));
    });
    if (layers === undefined || numbers.factor === undefined) continue;
    // A layer between two gates may take factors of both.
    for (const [parameter, expression] of withFactors(layers, numbers.factor, `new:${op.loc.scope}`, sofar)) {
      data.set(parameter, expression);
    }
  }
  return replaceData(graph, data);
}

/** The network before the swap, with a new gate and its numbers instead of the old one of the same scope. */
export function withNewGate(graph: Graph, planned: PlannedGate, numbers: GateNumbers): Graph {
  const swapped = rewriteGraph(graph, "swap-attention", (op, context) => {
    const [x] = op.operands;
    if (x === undefined || !isOldGate(op, planned)) return undefined;
    const parameters = operandParameters(planned.op).map(({ name, data, role, type }) =>
      context.parameterOf(name, data, role, type.dtype),
    );
    return context.op(planned.op.kind, [x, ...parameters], planned.op.attributes as never);
  });
  const op = swapped.ops.find(
    ({ kind, loc }) => kind === planned.op.kind && loc.scope === planned.op.loc.scope,
  );
  if (op === undefined) throw new RangeError(`${planned.op.loc.scope} has no gate to fit`);
  return withNumbers(swapped, [
    { ...planGate(new FactorPlanner(swapped), { ...planned, op }, planned.fit), numbers },
  ]);
}

/** Whether an op of a network in which some gates are new is still the old gate. */
export function isOldGate({ kind, loc }: Op, { before }: GatePair): boolean {
  return kind === before.kind && loc.scope === before.loc.scope;
}

/** The parameters that an op reads, in order. */
export function operandParameters({ operands }: Op): readonly Parameter[] {
  return operands.filter((operand) => operand.kind === "parameter");
}
