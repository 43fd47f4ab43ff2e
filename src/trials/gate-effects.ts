import { gateOf } from "../analysis/counts.js";
import { distance } from "../base/distance.js";
import type { Graph } from "../ir/graph.js";
import { spareMemory } from "../ir/spare-memory.js";
import { evaluateWithout, traceGraph } from "../reference/interpreter.js";
import { type Tolerance, tolerancesApart } from "../runtime/compare.js";
import { inputShapes, parameterNumbers, randomInputs } from "./numbers.js";
import { roundingErrors } from "./reference-runs.js";

/** How far the outputs move when one gate is left out. */
export interface GateEffect {
  /** The gate's scope. */
  readonly at: string;
  /** `eca (k = 5)` */
  readonly gate: string;
  /** As a part of the output's range. */
  readonly moved: number;
  /** As a multiple of the tolerance, at the number where it is largest. */
  readonly tolerances: number;
  /** Whether the effect is large enough for a comparison to detect a missing gate. */
  readonly ok: boolean;
}

/** The effects of all gates of a network. */
export interface GateEffects {
  /** Channels, height and width of the image that they were measured with. */
  readonly image: readonly number[];
  readonly effects: readonly GateEffect[];
}

/** Of what is two tolerances away one is left, whatever rounding makes up for. */
const LEAST_TOLERANCES = 2;

/**
 * Leaves out each gate of a graph in turn, in the reference interpreter, and measures what that does. `onGate` is called
 * before each; what it throws ends the work. `parameters`: the numbers of the graph, where they are at hand.
 */
export function gateEffects(
  graph: Graph,
  seed: number,
  tolerance: Tolerance,
  onGate?: () => void,
  parameters = parameterNumbers(seed),
): GateEffects {
  const inputs = randomInputs(inputShapes(graph), 1, seed);
  const [, ...image] = [...inputs.values()][0]?.dims ?? [];
  const gates = graph.ops.flatMap((op) => {
    const gate = gateOf(op);
    return gate === undefined ? [] : [{ op, gate }];
  });
  if (gates.length === 0) return { image, effects: [] };
  onGate?.();
  const trace = traceGraph(graph, inputs, parameters);
  const exact = new Map(graph.outputs.map((output) => [output.name, trace.get(output) ?? NOTHING]));
  const errors = roundingErrors(graph, [{ inputs, exact }], parameters, tolerance.precision);
  const effectOf = ({ op, gate }: (typeof gates)[number]): GateEffect => {
    onGate?.();
    const without = evaluateWithout(graph, trace, op, parameters, gate.bypass);
    let [moved, tolerances] = [0, 0];
    for (const [name, { data }] of exact) {
      const other = without.get(name)?.data ?? [];
      const error = errors.get(name);
      if (other.length !== data.length) {
        // More things are found without it, or fewer: however many tolerances the rest is away.
        [moved, tolerances] = [Math.max(moved, 1), Number.POSITIVE_INFINITY];
      } else {
        moved = Math.max(moved, distance(data, other).maxRel);
        if (error !== undefined)
          tolerances = Math.max(tolerances, tolerancesApart(data, other, error, tolerance));
      }
    }
    return { at: op.loc.scope, gate: gate.text, moved, tolerances, ok: tolerances >= LEAST_TOLERANCES };
  };
  return { image, effects: spareMemory.during(() => gates.map(effectOf)) };
}

const NOTHING = { dims: [0], data: new Float64Array() };
