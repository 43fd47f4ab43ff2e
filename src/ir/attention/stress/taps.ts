import type { OpOf } from "../../graph.js";
import { operandsOf } from "../../ops/registry.js";
import { normal, uniform } from "../../stress/distribution.js";
import { GATE_INPUT, gatePower, OFFSET, type Stress, sizesOf, TAPS, unitGain } from "../../stress/layers.js";
import { type Moments, perChannel, pooled, scaled } from "../../stress/moments.js";

/** A convolution along the channels. Its taps are so few that normal ones would all too often be next to nothing. */
export function stressTaps(op: OpOf<"attention.eca" | "attention.eca-ns">, x: Moments): Stress {
  const { x: map } = operandsOf(op);
  const { kernel } = op.attributes;
  const gain = GATE_INPUT * unitGain(kernel, pooled(x, sizesOf(map).positions));
  return {
    result: scaled(x, gatePower("sigmoid", perChannel(GATE_INPUT ** 2))),
    parameters: [undefined, uniform(TAPS, gain), normal(OFFSET)],
  };
}
