import type { Value } from "../../ir/graph.js";
import type { GradientRules } from "../rule.js";
import { sizesOf, type ValueMath } from "../value-math.js";
import { spatialAxesOf } from "./reductions.js";

/** One number for each channel, as it is broadcast to x. */
function perChannel(value: Value, x: Value, math: ValueMath): Value {
  return math.reshaped(
    value,
    sizesOf(x).map((size, axis) => (axis === 1 ? size : 1)),
  );
}

/** The sum over all but the channels. */
function ofChannels(value: Value, math: ValueMath): Value {
  const others = sizesOf(value).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
  return math.op("reduce_sum", [value], { axes: others, keepdims: false });
}

/** x less its mean, over its deviation, with the statistics over some axes. */
interface Standardized {
  readonly value: Value;
  readonly deviation: Value;
}

function standardized(x: Value, axes: readonly number[], epsilon: number, math: ValueMath): Standardized {
  const centred = math.minus(x, math.mean(x, axes));
  const variance = math.mean(math.times(centred, centred), axes);
  const deviation = math.op("sqrt", [math.shifted(variance, epsilon)], {});
  return { value: math.over(centred, deviation), deviation };
}

/** The derivatives by x from those by its standardised values, dz: (dz - mean dz - z · mean (z · dz)) / deviation. */
function throughStandardized(
  dz: Value,
  { value, deviation }: Standardized,
  axes: readonly number[],
  math: ValueMath,
): Value {
  const along = math.times(value, math.mean(math.times(value, dz), axes));
  return math.over(math.minus(math.minus(dz, math.mean(dz, axes)), along), deviation);
}

/** Derivatives of normalisations. */
export const normRules = {
  batch_norm({ operands, attributes: { epsilon }, dy, math, give, refuse }) {
    const { x, scale, shift, mean, variance } = operands;
    const deviation = (): Value => math.op("sqrt", [math.shifted(variance, epsilon)], {});
    give(x, () => math.times(dy, perChannel(math.over(scale, deviation()), x, math)));
    give(scale, () => {
      const centred = math.minus(x, perChannel(mean, x, math));
      return math.over(ofChannels(math.times(dy, centred), math), deviation());
    });
    give(shift, () => ofChannels(dy, math));
    for (const each of [mean, variance]) refuse(each, "its running statistics are no weights");
  },
  instance_norm({ operands: { x, scale, shift }, attributes: { epsilon }, dy, math, give }) {
    const axes = spatialAxesOf(x);
    give(x, () => {
      const parts = standardized(x, axes, epsilon, math);
      return throughStandardized(math.times(dy, perChannel(scale, x, math)), parts, axes, math);
    });
    give(scale, () => ofChannels(math.times(dy, standardized(x, axes, epsilon, math).value), math));
    give(shift, () => ofChannels(dy, math));
  },
  layer_norm({ operands: { x, scale, shift }, attributes: { axis, epsilon }, dy, math, give }) {
    const axes = sizesOf(x).flatMap((_, each) => (each >= axis ? [each] : []));
    give(x, () =>
      throughStandardized(math.times(dy, scale), standardized(x, axes, epsilon, math), axes, math),
    );
    give(scale, () => math.times(dy, standardized(x, axes, epsilon, math).value));
    give(shift, () => dy);
  },
} as const satisfies GradientRules;
