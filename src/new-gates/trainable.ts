import { GraphBuilder } from "../ir/builder.js";
import { FactorPlanner } from "../ir/channel-factors.js";
import type { Graph, GraphInput, Op, Value } from "../ir/graph.js";
import { tensorType } from "../ir/types.js";
import type { GateNumbers } from "./fits/fit.js";
import { isFactor } from "./is-factor.js";
import { operandParameters, type PlannedGate } from "./planned-gate.js";

/** Numbers of a new gate that are an input of the network. */
export interface TrainedNumbers {
  readonly input: GraphInput;
  /** Which of the gates they are of. */
  readonly gate: number;
  /** Which of its parameters they are, or the factors that layers beside it take over. */
  readonly part: number | "factor";
  readonly start: Float64Array;
  /** What they must not fall below: a factor that becomes negative no longer goes through a ReLU. */
  readonly least: number;
}

/** A network whose new gates have their numbers from outside. */
export interface TrainableNetwork {
  readonly graph: Graph;
  readonly trained: readonly TrainedNumbers[];
}

/**
 * The network with inputs for the numbers of its new gates. Factors of channels that layers take over are multiplications here, where the gate
 * stands: the layers stay as they are, and the network computes the same.
 */
export function trainableNetwork(
  swapped: Graph,
  planned: readonly PlannedGate[],
  numbers: readonly GateNumbers[],
): TrainableNetwork {
  const builder = GraphBuilder.like(swapped);

  const trained = planned.flatMap((gate, i) => numbersOf(gate, i, numbers[i], builder));
  const planner = new FactorPlanner(swapped);
  const factors = new Map<Value, GraphInput[]>();
  const inputs = new Map<Op, readonly GraphInput[]>();
  for (const [i, { op, layers }] of planned.entries()) {
    const own = trained.filter(({ gate }) => gate === i);
    inputs.set(
      op,
      own.flatMap(({ part, input }) => (part === "factor" ? [] : [input])),
    );
    const factor = own.find(({ part }) => part === "factor")?.input;
    if (factor === undefined) continue;
    const unit = planner.unit(op);
    const multiplied = layers?.side === "before" ? unit.x : unit.result;
    factors.set(multiplied, [...(factors.get(multiplied) ?? []), factor]);
  }

  const current = new Map<Value, Value>();
  const now = (value: Value): Value => current.get(value) ?? value;
  for (const op of swapped.ops) {
    const own = inputs.get(op);
    const operands = own === undefined ? op.operands.map(now) : trainedOperands(op, own, now);
    // What is read instead has the same type, so the results stay what they are.
    builder.add({ ...op, operands } as Op);
    for (const result of op.results) {
      const loc = { scope: `${op.loc.scope}/factor` };
      const scaled = (factors.get(result) ?? []).reduce<Value>(
        (value, factor) => builder.op("mul", [value, factor], {}, loc),
        result,
      );
      if (scaled !== result) current.set(result, scaled);
    }
  }
  return { graph: builder.finish(swapped.outputs.map(now)), trained };
}

/** The operands of a new gate, with inputs instead of its parameters. */
function trainedOperands(op: Op, own: readonly GraphInput[], now: (value: Value) => Value): readonly Value[] {
  const left = [...own];
  return op.operands.map((operand) =>
    operand.kind === "parameter" ? (left.shift() ?? operand) : now(operand),
  );
}

function numbersOf(
  { op, layers, offset, isNonNegative }: PlannedGate,
  gate: number,
  numbers: GateNumbers | undefined,
  builder: GraphBuilder,
): readonly TrainedNumbers[] {
  const scope = op.loc.scope.slice(1);
  const least = isNonNegative ? 0 : Number.NEGATIVE_INFINITY;
  const own = operandParameters(op).map(
    (parameter, part): TrainedNumbers => ({
      ...{ gate, part, start: Float64Array.from(numbers?.parameters[part] ?? []) },
      input: builder.input(builder.freeName(`${scope}/${part}`), parameter.type),
      least: isFactor(op) ? least - offset : Number.NEGATIVE_INFINITY,
    }),
  );
  const { factor } = numbers ?? {};
  if (layers === undefined || factor === undefined) return own;
  const axes = op.results[0]?.type.dims.length ?? 0;
  const dims = Array.from({ length: axes }, (_, axis) => (axis === 1 ? factor.length : 1));
  const input = builder.input(builder.freeName(`${scope}/factor`), tensorType(dims));
  return [...own, { gate, part: "factor", start: Float64Array.from(factor), input, least }];
}

/** The numbers of the gates, from those of the inputs. */
export function withTrained(
  numbers: readonly GateNumbers[],
  trained: readonly TrainedNumbers[],
  values: readonly Float64Array[],
): readonly GateNumbers[] {
  return numbers.map((known, gate) => {
    const own = trained.flatMap((each, i) => {
      const value = values[i];
      return each.gate === gate && value !== undefined ? [{ part: each.part, value }] : [];
    });
    const factor = own.find(({ part }) => part === "factor")?.value ?? known.factor;
    return {
      parameters: known.parameters.map((each, part) => own.find((one) => one.part === part)?.value ?? each),
      ...(factor === undefined ? {} : { factor }),
    };
  });
}
