import { freezeGraph } from "../../../ir/builder.js";
import { type Graph, type Op, type Parameter, parametersOf, type Value } from "../../../ir/graph.js";
import { changesPrecision, isIdentity } from "../../simplify/identities.js";
import { Dataflow } from "../dataflow.js";
import { NormalOps } from "./normal-ops.js";
import { Quantizations } from "./quantizations.js";
import { turnedOp } from "./turned.js";
import { inverseOf, turnedBy, type View } from "./view.js";

/** A value of a graph, which is a normal value with its axes turned. */
export interface SourceValue {
  readonly value: Value;
  readonly permutation: readonly number[] | undefined;
}

/**
 * A graph as the matchers look at it: what exporters spell in many ways is spelled in one (`idioms.ts`), nothing is left
 * that only hands a value on, and maps are channels first (`turned.ts`). It computes what the graph does, up to rounding, and to the
 * steps of what is quantised (`quantizations.ts`). What equal ops compute is one value.
 * Nobody runs it or writes it: what is found in it is put into the graph, by the values that are its normal ones there.
 *
 *     %sum = reduce_sum(%x) {axes = [1, 2]}            %t = transpose(%x) {permutation = [0, 3, 1, 2]}
 *     %mean = div(%sum, @256)                  →       %m = reduce_mean(%t) {axes = [2, 3]}
 *     %one = add(@1, %exp)                             …
 *     %gate = div(@1, %one)                            %g = sigmoid(…)
 *
 * Ops that are normal already are the same objects in both.
 */
export interface NormalForm {
  readonly graph: Graph;
  readonly flow: Dataflow;
  /** The values of the graph that a normal value is, in their order; none for what only the normal form has. */
  sources(value: Value): readonly SourceValue[];
  /** The graph's parameter that one is, maybe in other sizes; undefined for constants that only the normal form has. */
  parameter(value: Parameter): Parameter | undefined;
}

/** The normal form of a graph. It is linear in the number of ops. */
export function normalForm(graph: Graph): NormalForm {
  const ops = new NormalOps(graph);
  const quantizations = new Quantizations(ops);
  const views = new Map<Value, View>();
  const viewOf = (value: Value): View => views.get(value) ?? { value };
  for (const op of graph.ops) {
    ops.at(op);
    const view = viewOfOp(op, op.operands.map(viewOf), ops, quantizations);
    const [first] = op.results;
    if (first !== undefined && view !== undefined) views.set(first, view);
  }
  const outputs = graph.outputs.map((output) => ops.value(viewOf(output)));
  const normal = freezeGraph({ ...graph, ops: ops.ops, outputs });
  return { graph: normal, flow: new Dataflow(normal), ...originOf(graph, viewOf, ops) };
}

/** What the first result of an op is in the normal form; undefined where it is what it is. */
function viewOfOp(
  op: Op,
  given: readonly View[],
  ops: NormalOps,
  quantizations: Quantizations,
): View | undefined {
  const operands = quantizations.operandsOf(op, given);
  const [x] = operands;
  if (x !== undefined && (isIdentity(op) || changesPrecision(op))) return x;
  const whole = quantizations.viewOf(op, operands);
  if (whole !== undefined) return whole;
  const turned = turnedOp(op, operands, ops);
  if (turned !== undefined) return turned;
  const value = ops.spelled(
    op,
    operands.map((operand) => ops.value(operand)),
  );
  return value && { value };
}

/** Where the values of a normal form come from. */
function originOf(
  graph: Graph,
  viewOf: (value: Value) => View,
  ops: NormalOps,
): Pick<NormalForm, "sources" | "parameter"> {
  const direct = new Map<Value, SourceValue[]>();
  for (const value of [...graph.inputs, ...graph.ops.flatMap(({ results }) => results)]) {
    const { value: normal, permutation } = viewOf(value);
    const known = direct.get(normal);
    if (known === undefined) direct.set(normal, [{ value, permutation }]);
    else known.push({ value, permutation });
  }
  const own = new Set(parametersOf(graph));
  return {
    sources(value) {
      const from = ops.turnedFrom(value);
      const undo = from?.permutation && inverseOf(from.permutation);
      const turned = (from && direct.get(from.value)) ?? [];
      const seen = turned.map((each) => ({ ...each, permutation: turnedBy(undo, each.permutation) }));
      return [...(direct.get(value) ?? []), ...seen];
    },
    parameter: (parameter) => (own.has(parameter) ? parameter : ops.resizedFrom(parameter)),
  };
}
