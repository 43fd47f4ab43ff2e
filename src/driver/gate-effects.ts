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

/** In float32, leaving out a gate must move the output by this many tolerances. */
const MARGIN = 10;

/**
 * How far leaving out a gate must move the output of a model of some precision, for a comparison to see that it is
 * missing. Half precision has no room for a margin of ten: there it is the tolerance and what the rounding of this
 * model could make up for, `rounding`, both as parts of the output's range.
 */
export function leastEffect(precision: ToleranceName, rounding: number): number {
  const { maxRel } = TOLERANCES[precision];
  return precision === "float32" ? MARGIN * maxRel : maxRel + rounding;
}

/**
 * Leaves out each gate of a graph in turn, in the reference interpreter, and measures what that does; `least` is how
 * far it must move the output. `onGate` is called before each; what it throws ends the work.
 */
export function gateEffects(graph: Graph, seed: number, least: number, onGate?: () => void): GateEffects {
  const parameters = parameterNumbers(seed);
  const inputs = randomInputs(inputShapes(graph), 1, seed);
  const trace = traceGraph(graph, inputs, parameters);
  const effects = graph.ops.flatMap((op): GateEffect[] => {
    const gate = gateOf(op);
    if (gate === undefined) return [];
    onGate?.();
    const without = evaluateWithout(graph, trace, op, parameters, gate.bypass);
    const moves = graph.outputs.map(
      (output) => distance(trace.get(output)?.data ?? [], without.get(output.name)?.data ?? []).maxRel,
    );
    const moved = Math.max(...moves);
    return [{ at: op.loc.scope, gate: gate.text, moved, ok: moved >= least }];
  });
  const [, ...image] = [...inputs.values()][0]?.dims ?? [];
  return { image, effects };
}
