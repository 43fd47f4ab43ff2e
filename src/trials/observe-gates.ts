import type { Graph, Op } from "../ir/graph.js";
import { featureMap } from "../ir/types.js";
import { GATE_PROBES, withGateProbes } from "../new-gates/gate-probes.js";
import type { GateResponses } from "../new-gates/responses.js";
import type { Runtime } from "../runtime/session.js";
import type { Calibration } from "./calibration.js";
import { type EncodeGraph, runGraph } from "./run-graph.js";

/** What a network gives for some images: its outputs, and what its gates do. */
export interface Observed {
  /** All outputs of all images, one after the other. */
  readonly outputs: Float64Array;
  /** In the order of the gates asked for. */
  readonly gates: readonly GateResponses[];
}

/** Runs a network over the calibration's images and looks at its outputs and at some of its gates. */
export async function observeGates(
  runtime: Runtime,
  graph: Graph,
  gates: readonly Op[],
  calibration: Calibration,
  seed: number,
  encode?: EncodeGraph,
): Promise<Observed> {
  const probed = withGateProbes(graph, gates);
  const { images } = calibration;
  const responses = gates.map((gate): GateResponses => {
    const [, channels] = featureMap(gate.operands[0]?.type, "x");
    const numbers = (): Float64Array => new Float64Array(images * channels);
    return { images, channels, squeeze: numbers(), power: numbers(), response: numbers() };
  });
  const outputs: Float64Array[] = [];
  await runGraph(
    runtime,
    probed,
    calibration,
    seed,
    (values, n) => {
      outputs.push(...values.slice(0, graph.outputs.length).map((each) => Float64Array.from(each)));
      responses.forEach(({ channels, squeeze, power, response }, i) => {
        const [mean, square, product] = values.slice(graph.outputs.length + GATE_PROBES.length * i) as [
          Float32Array,
          Float32Array,
          Float32Array,
        ];
        for (let c = 0; c < channels; c++) {
          const at = n * channels + c;
          squeeze[at] = mean[c] as number;
          power[at] = square[c] as number;
          response[at] = power[at] === 0 ? 0 : (product[c] as number) / power[at];
        }
      });
    },
    encode,
  );
  return { outputs: Float64Array.from(outputs.flatMap((each) => [...each])), gates: responses };
}
