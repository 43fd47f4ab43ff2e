import { GraphBuilder } from "../ir/builder.js";
import { type Graph, type Op, parametersOf, type Result, type Value } from "../ir/graph.js";

/** Outputs that `withGateProbes` adds for each gate, in this order. */
export const GATE_PROBES = ["squeeze", "power", "product"] as const;

/**
 * The graph with further outputs, which show what each of some gates does with its operand x and its result y. They are the
 * same for every kind of gate, and each is [N, C, 1, 1]:
 *
 *     squeeze = mean of x,  power = mean of x²,  product = mean of x · y,  over H and W
 */
export function withGateProbes(graph: Graph, gates: readonly Op[]): Graph {
  const builder = new GraphBuilder(graph.name);
  for (const block of graph.blocks) builder.block(block);
  for (const input of graph.inputs) builder.addInput(input);
  builder.reserve(parametersOf(graph).map(({ name }) => name));
  for (const op of graph.ops) builder.add(op);
  const probes = gates.flatMap((gate) => {
    const [x, y] = [gate.operands[0], gate.results[0]];
    if (x === undefined || y === undefined) throw new RangeError(`${gate.kind} has no operand or no result`);
    const loc = { ...gate.loc, scope: `${gate.loc.scope}/probe` };
    const product = (a: Value, b: Value): Value => builder.op("mul", [a, b], {}, loc);
    return [x, product(x, x), product(x, y)].map(
      (value): Result => builder.op("global_avg_pool", [value], {}, loc),
    );
  });
  return builder.finish([...graph.outputs, ...probes]);
}
