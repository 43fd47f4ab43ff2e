import type { Parameter, Value } from "./graph.js";
import { concreteDims, elementCount } from "./types.js";
import { binaryWeight, type LentNumbers, storedWeight, type WeightExpr } from "./weight.js";

/** A parameter of a layer that takes factors over. */
export interface FactoredParameter {
  readonly parameter: Parameter;
  /** The channel whose factor an element is multiplied by; undefined for one that stays. */
  channelOf(element: number): number | undefined;
}

/**
 * The data of a plan's parameters with the factors in it. `label` names the factors in the IR's text form.
 *
 * @param factor one for each channel
 * @param dataOf what a parameter's numbers are so far
 */
export function withFactors(
  { parameters }: { readonly parameters: readonly FactoredParameter[] },
  factor: ArrayLike<number>,
  label: string,
  dataOf: (parameter: Parameter) => WeightExpr,
): ReadonlyMap<Parameter, WeightExpr> {
  return new Map(
    parameters.map(({ parameter, channelOf }) => {
      const dims = concreteDims(parameter.type.dims);
      const numbers: LentNumbers = {
        length: elementCount(dims),
        copyTo(target, start) {
          for (let i = 0; i < target.length; i++) {
            const channel = channelOf(start + i);
            target[i] = channel === undefined ? 1 : (factor[channel] as number);
          }
        },
      };
      const stored = storedWeight(dims, `${label}:${parameter.name}`, numbers);
      return [parameter, binaryWeight("mul", dataOf(parameter), stored)];
    }),
  );
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
