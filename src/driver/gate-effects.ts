import { gateOf } from "../analysis/counts.js";
import type { Graph } from "../ir/graph.js";
import { evaluateWithout, traceGraph } from "../reference/interpreter.js";
import { distance, TOLERANCES, type ToleranceName } from "../runtime/compare.js";
import { inputShapes, parameterNumbers, randomInputs } from "./numbers.js";

/** How far the output moves when one gate is left out, as a part of the output's range. */
export interface GateEffect {
  /** The gate's scope. */
  readonly at: string;
  /** `eca (k = 5)` */
  readonly gate: string;
  readonly moved: number;
  /** Whether that is far enough for a comparison to see that the gate is missing. */
  readonly ok: boolean;
}

/** The effects of all gates of a network. */
export interface GateEffects {
  /** Channels, height and width of the image that they were measured with. */
  readonly image: readonly number[];
  readonly effects: readonly GateEffect[];
}

/**
 * Leaving out a gate must move the output by this many tolerances. With two, a model without the gate fails even
 * where its rounding makes up for a whole tolerance.
 */
const MARGIN = { float32: 10, float16: 2, tf32: 2 } as const satisfies Record<ToleranceName, number>;

/**
 * Leaves out each gate of a graph in turn, in the reference interpreter, and measures what that does; `precision` is
 * that of the model that is compared.
 */
export function gateEffects(graph: Graph, seed: number, precision: ToleranceName): GateEffects {
  const least = MARGIN[precision] * TOLERANCES[precision].maxRel;
  const parameters = parameterNumbers(seed);
  const inputs = randomInputs(inputShapes(graph), 1, seed);
  const trace = traceGraph(graph, inputs, parameters);
  const effects = graph.ops.flatMap((op): GateEffect[] => {
    const gate = gateOf(op);
    if (gate === undefined) return [];
    const without = evaluateWithout(graph, trace, op, parameters);
    const moves = graph.outputs.map(
      (output) => distance(trace.get(output)?.data ?? [], without.get(output.name)?.data ?? []).maxRel,
    );
    const moved = Math.max(...moves);
    return [{ at: op.loc.scope, gate: gate.text, moved, ok: moved >= least }];
  });
  const [, ...image] = [...inputs.values()][0]?.dims ?? [];
  return { image, effects };
}
