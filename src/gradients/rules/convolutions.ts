import type { Value } from "../../ir/graph.js";
import type { AttributesOf } from "../../ir/ops/registry.js";
import type { Backward, GradientRules } from "../rule.js";
import { sizesOf, type ValueMath } from "../value-math.js";

type Window = Readonly<AttributesOf<"conv">>;

/** A convolution of maps, and the derivatives by its result. */
interface MapConvolution {
  readonly x: Value;
  readonly weight: Value;
  readonly dy: Value;
  readonly window: Window;
}

/**
 * The derivatives by x: each pixel gets back from every place that read it, times the weight that it was read by. Where windows move by one
 * pixel that is a convolution with the turned kernel, else a transposed one.
 */
function byInput({ x, weight, dy, window }: MapConvolution, math: ValueMath): Value {
  const { strides, pads, dilations, group } = window;
  const [, , ...kernel] = sizesOf(weight);
  const reach = kernel.map((taps, axis) => (dilations[axis] ?? 1) * (taps - 1));
  const around = pads.map((pad, i) => (reach[i % 2] ?? 0) - pad) as [number, number, number, number];
  if (strides.every((stride) => stride === 1) && around.every((pad) => pad >= 0)) {
    return math.op("conv", [dy, turnedKernel(weight, group, math)], { pads: around, dilations, group });
  }
  const [sizes, outputs] = [sizesOf(x).slice(2), sizesOf(dy).slice(2)];
  const outputPadding = sizes.map((size, axis) => {
    const covered = ((outputs[axis] ?? 1) - 1) * (strides[axis] ?? 1) + (reach[axis] ?? 0) + 1;
    return size - (covered - (pads[axis] ?? 0) - (pads[axis + 2] ?? 0));
  }) as [number, number];
  return math.op("conv_transpose", [dy, weight], { strides, pads, dilations, group, outputPadding });
}

/** [outputs, inputs / group, h, w] as [inputs, outputs / group, h, w], with the taps in the opposite order. */
function turnedKernel(weight: Value, group: number, math: ValueMath): Value {
  const [outputs = 1, perGroup = 1, ...kernel] = sizesOf(weight);
  const mirrored = kernel.reduce(
    (value, taps, axis) =>
      taps === 1
        ? value
        : math.taken(
            value,
            axis + 2,
            Array.from({ length: taps }, (_, i) => taps - 1 - i),
          ),
    weight,
  );
  const grouped = math.reshaped(mirrored, [group, outputs / group, perGroup, ...kernel]);
  return math.reshaped(math.transposed(grouped, [0, 2, 1, 3, 4]), [
    perGroup * group,
    outputs / group,
    ...kernel,
  ]);
}

/**
 * The derivatives by the weight, of one group: x and dy with images and channels exchanged are convolved, the steps of the windows being
 * those of the taps and the other way round.
 */
function byWeight({ x, weight, dy, window }: MapConvolution, math: ValueMath): Value {
  const { strides, pads, dilations } = window;
  const [images, results] = [x, dy].map((value) => math.transposed(value, [1, 0, 2, 3]));
  if (images === undefined || results === undefined) throw new RangeError("two of two values");
  const all = math.op("conv", [images, results], { strides: dilations, dilations: strides, pads });
  return math.transposed(cropped(all, sizesOf(weight), math), [1, 0, 2, 3]);
}

/** The first rows and columns of a map, as many as those sizes say. */
function cropped(map: Value, sizes: readonly number[], math: ValueMath): Value {
  return [2, 3].reduce<Value>((part, axis) => {
    const end = sizes[axis] ?? 1;
    return (sizesOf(part)[axis] ?? 1) === end ? part : math.op("slice", [part], { axis, start: 0, end });
  }, map);
}

function convolution(
  step: Pick<Backward<"conv">, "math" | "give" | "refuse" | "operands" | "dy">,
  window: Window,
  asMap: (value: Value) => Value,
  back: (value: Value, like: Value) => Value,
): void {
  const { math, give, refuse, dy } = step;
  const { x, weight, bias } = step.operands;
  const maps = (): MapConvolution => ({ x: asMap(x), weight: asMap(weight), dy: asMap(dy), window });
  give(x, () => back(byInput(maps(), math), x));
  if (window.group === 1) give(weight, () => back(byWeight(maps(), math), weight));
  else refuse(weight, "its weights are computed, and it has groups");
  give(bias, () => {
    const axes = sizesOf(dy).flatMap((_, axis) => (axis === 1 ? [] : [axis]));
    return math.op("reduce_sum", [dy], { axes, keepdims: false });
  });
}

/** Derivatives of convolutions. */
export const convolutionRules = {
  conv: (step) =>
    convolution(
      step,
      step.attributes,
      (value) => value,
      (value) => value,
    ),
  conv_1d(step) {
    const { math, attributes } = step;
    const { stride, dilation, pads, group } = attributes;
    const window: Window = {
      ...{ strides: [1, stride], dilations: [1, dilation], group },
      pads: [0, pads[0], 0, pads[1]],
    };
    const asMap = (value: Value): Value => math.op("unsqueeze", [value], { axes: [2] });
    convolution(step, window, asMap, (value, like) => math.reshaped(value, sizesOf(like)));
  },
  conv_transpose({ operands: { x, weight, bias }, attributes, dy, math, give, refuse }) {
    const { strides, pads, dilations, group } = attributes;
    // Places that the output padding adds may be reached by a window of their own.
    give(x, () =>
      cropped(math.op("conv", [dy, weight], { strides, pads, dilations, group }), sizesOf(x), math),
    );
    refuse(weight, "its weights are computed");
    give(bias, () => math.op("reduce_sum", [dy], { axes: [0, 2, 3], keepdims: false }));
  },
} as const satisfies GradientRules;
