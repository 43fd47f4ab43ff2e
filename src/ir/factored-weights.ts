import type { Parameter, Value } from "./graph.js";
import { concreteDims, elementCount } from "./types.js";
import { binaryWeight, constantWeight, type LentNumbers, storedWeight, type WeightExpr } from "./weight.js";

/** A parameter of a layer that takes factors over. */
export interface FactoredParameter {
  readonly parameter: Parameter;
  /** The channel whose factor an element is multiplied by; undefined for one that stays. */
  channelOf(element: number): number | undefined;
  /** Whether all elements are multiplied. */
  readonly isWhole: boolean;
}

/**
 * The data of a plan's parameters with the factors in it. `label` names the factors in the IR's text form.
 *
 * @param factor one for each channel, or one number for all of them
 * @param dataOf what a parameter's numbers are so far
 */
export function withFactors(
  { parameters }: { readonly parameters: readonly FactoredParameter[] },
  factor: ArrayLike<number> | number,
  label: string,
  dataOf: (parameter: Parameter) => WeightExpr,
): ReadonlyMap<Parameter, WeightExpr> {
  return new Map(
    parameters.map((factored) => {
      const { parameter } = factored;
      const by =
        typeof factor === "number" && factored.isWhole
          ? constantWeight([], factor)
          : storedWeight(parameter.data.dims, `${label}:${parameter.name}`, factorsOf(factored, factor));
      return [parameter, binaryWeight("mul", dataOf(parameter), by)];
    }),
  );
}

/** What each element of a parameter is multiplied by. */
function factorsOf(
  { parameter, channelOf }: FactoredParameter,
  factor: ArrayLike<number> | number,
): LentNumbers {
  return {
    length: elementCount(concreteDims(parameter.type.dims)),
    copyTo(target, start) {
      for (let i = 0; i < target.length; i++) {
        const channel = channelOf(start + i);
        target[i] = channel === undefined ? 1 : typeof factor === "number" ? factor : (factor[channel] ?? 1);
      }
    },
  };
}

/** The channel that an element of a weight belongs to. */
export type ChannelOf = (element: number) => number;

/** Of a weight [outputs, inputs / group, ...]: the input channel of an element. */
export function inputChannels({ type }: Value, group: number): ChannelOf {
  const [outputs = 1, inputs = 1, ...taps] = concreteDims(type.dims);
  const area = elementCount(taps);
  return (element) => {
    const output = Math.floor(element / (area * inputs));
    return Math.floor(output / (outputs / group)) * inputs + (Math.floor(element / area) % inputs);
  };
}

/** Of a weight [channels, ...]: the index along the first axis. */
export function firstAxis({ type }: Value): ChannelOf {
  const area = elementCount(concreteDims(type.dims).slice(1));
  return (element) => Math.floor(element / area);
}

/** Of a transposed convolution's weight [inputs, outputs / group, ...]: the output channel of an element. */
export function transposedOutputs({ type }: Value, group: number): ChannelOf {
  const [inputs = 1, perGroup = 1, ...taps] = concreteDims(type.dims);
  const area = elementCount(taps);
  return (element) => {
    const input = Math.floor(element / (area * perGroup));
    return Math.floor(input / (inputs / group)) * perGroup + (Math.floor(element / area) % perGroup);
  };
}
