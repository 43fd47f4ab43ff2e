import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { normal, uniform } from "../../stress/distribution.js";
import { GATE_INPUT, gatePower, OFFSET, type Stress, sizesOf, TAPS, unitGain } from "../../stress/layers.js";
import { type Moments, perChannel, pooled, scaled } from "../../stress/moments.js";
import { rowGatePower, squeezedRow } from "./rows.js";

/** A convolution along the channels. Its taps are so few that normal ones would all too often be next to nothing. */
export function stressTaps(op: OpOf<"attention.eca-ns">, x: Moments): Stress {
  const { x: map } = operandsOf(op);
  const gain = GATE_INPUT * unitGain(op.attributes.kernel, pooled(x, sizesOf(map).positions));
  return {
    result: scaled(x, gatePower("sigmoid", perChannel(GATE_INPUT ** 2))),
    parameters: [undefined, uniform(TAPS, gain)],
  };
}

/** The same of ECA, whose convolution may have a bias, and stand twice. */
export function stressEca(op: OpOf<"attention.eca">, x: Moments): Stress {
  const { x: map, more } = operandsOf(op);
  const { kernel, squeeze, ownKernels, gate } = op.attributes;
  const { channels, positions } = sizesOf(map);
  const row = squeezedRow(x, squeeze === "both" ? "sum" : squeeze, positions);
  const taps = uniform(TAPS, GATE_INPUT * unitGain(kernel, row));
  return {
    result: scaled(x, rowGatePower(gate, perChannel(GATE_INPUT ** 2), channels)),
    parameters: [undefined, taps, ...more.map((_, i) => (ownKernels && i === 0 ? taps : normal(OFFSET)))],
  };
}
