import * as z from "zod";
import { type FactorPlan, FactorPlanner, type GateUnit, type NoFactorPlan } from "../ir/channel-factors.js";
import { withFactors } from "../ir/factored-weights.js";
import type { Graph, Op, Parameter, Value } from "../ir/graph.js";
import { elementsOf } from "../ir/known-elements.js";
import { isOp, type RewriteContext, replaceData, rewriteGraph } from "../ir/rewrite.js";
import { storedWeight, type WeightExpr } from "../ir/weight.js";
import { definePass, type Unmatched } from "./engine/pass.js";
import { perChannel } from "./simplify/layers.js";

/**
 *     conv(c · x, W)        →  conv(x, W · c)             all that reads c · x can take c
 *     c · conv(z, W, b)     →  conv(z, W · c, b · c)      nothing else reads the convolution's result
 *     x + f · x             →  c · x, c = 1 + f           then as above
 *
 * c has one number for each channel. It goes through pools, resizes and concatenations, and where it is nowhere negative through
 * ReLUs (`FactorPlanner` has the rules). A factor that no layer can take stays, as one multiplication.
 */
export const absorbFactors = definePass({
  name: "absorb-factors",
  doc: "Folds constant factors of channels into adjacent layers.",
  options: () => z.strictObject({}),
  preserves: "values",
  tidies: true,
  unmatched: (graph) => factorsThatStay(graph),
  run: (graph) => withoutFactors(graph, () => true),
});

/** The graph without those of its constant factors that are chosen, by their multiplications, and that layers can take. */
export function withoutFactors(graph: Graph, isChosen: (op: Op) => boolean): Graph {
  const { taken, left } = factorsOf(graph, isChosen);
  const data = new Map<Parameter, WeightExpr>();
  const sofar = (parameter: Parameter): WeightExpr => data.get(parameter) ?? parameter.data;
  for (const { unit, plan, total } of taken) {
    // A layer between two factors takes both.
    for (const [parameter, expression] of withFactors(plan, total, `${unit.gate.loc.scope}:factor`, sofar)) {
      data.set(parameter, expression);
    }
  }
  const multiplied = replaceData(graph, data);
  const isSum = ({ unit }: ConstantFactor): boolean => unit.offset === 1;
  const gone = new Set<Value>([
    ...taken.flatMap(({ unit }) => [unit.result, ...unit.gate.results]),
    ...left.filter(isSum).flatMap(({ unit }) => unit.gate.results),
  ]);
  const sums = new Map<Value, ConstantFactor>(left.filter(isSum).map((each) => [each.unit.result, each]));
  return rewriteGraph(multiplied, "absorb-factors", (op, context) => {
    const [result] = op.results;
    if (result !== undefined && gone.has(result)) return op.operands.find(({ kind }) => kind !== "parameter");
    const sum = result && sums.get(result);
    return sum && multipliedOnce(sum, op, context);
  });
}

/** A multiplication of a value by one number for each of its channels, and the sum with the value itself that it may be a part of. */
interface ConstantFactor {
  readonly unit: GateUnit;
  /** What the unit's result is of x, by channel. */
  readonly total: Float64Array;
}

interface FoundFactors {
  readonly taken: readonly (ConstantFactor & { readonly plan: FactorPlan })[];
  readonly left: readonly (ConstantFactor & NoFactorPlan)[];
}

function factorsOf(graph: Graph, isChosen: (op: Op) => boolean): FoundFactors {
  const planner = new FactorPlanner(graph);
  const taken: FoundFactors["taken"][number][] = [];
  const left: FoundFactors["left"][number][] = [];
  for (const op of graph.ops) {
    const found = isChosen(op) ? constantFactor(op, planner) : undefined;
    if (found === undefined) continue;
    const isNegative = found.total.some((each) => each < 0);
    const plan = planner.around(found.unit, isNegative ? "any" : "non-negative");
    if ("reason" in plan) left.push({ ...found, ...plan });
    else taken.push({ ...found, plan });
  }
  return { taken, left };
}

/** Undefined for another op, and where the numbers aren't at hand or not one for each channel. */
function constantFactor(op: Op, planner: FactorPlanner): ConstantFactor | undefined {
  if (!isOp(op, "mul")) return undefined;
  const [a, b] = op.operands;
  const [x, factor] = a?.kind === "parameter" ? [b, a] : [a, b];
  if (x === undefined || x.kind === "parameter" || factor?.kind !== "parameter") return undefined;
  const { dims } = x.type;
  const channels = dims[1];
  // A matrix [N, C] may be anything; what has height or length has channels.
  if (typeof channels !== "number" || dims.length < 3 || factor.type.dims.length > dims.length)
    return undefined;
  const data = perChannel(factor, dims.length, channels);
  const elements = data && elementsOf(data);
  if (elements === undefined || elements.length !== channels) return undefined;
  const unit = planner.unit(op, x);
  return { unit, total: elements.map((each) => unit.offset + each) };
}

/** x + f · x → x · (1 + f), f · x being x by now */
function multipliedOnce(
  { unit: { gate }, total }: ConstantFactor,
  sum: Op,
  context: RewriteContext,
): Value | undefined {
  const [x] = sum.operands;
  const factor = gate.operands.find((each) => each.kind === "parameter");
  if (x === undefined || factor === undefined) return undefined;
  const numbers = storedWeight(factor.data.dims, `${gate.loc.scope}:total`, Float32Array.from(total));
  return context.op("mul", [x, context.parameterOf(factor.name, numbers, factor.role)], {});
}

function factorsThatStay(graph: Graph): readonly Unmatched[] {
  return factorsOf(graph, () => true).left.map(({ unit, reason }) => ({
    message: `the factors at ${unit.gate.loc.scope} stay a multiplication: no layer takes them, ${reason}`,
  }));
}
