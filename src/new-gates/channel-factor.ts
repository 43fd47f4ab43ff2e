import type { GateSide } from "../ir/attention/module.js";
import { type Graph, type Op, type Parameter, producersOf, usesOf, type Value } from "../ir/graph.js";
import { isOp } from "../ir/rewrite.js";
import { concreteDims, elementCount } from "../ir/types.js";
import { binaryWeight, type LentNumbers, storedWeight, type WeightExpr } from "../ir/weight.js";

/** A layer beside a gate that can take over a factor on each of the gate's channels, exactly. */
export interface FactorLayer {
  readonly side: GateSide;
  /** The layer's parameters that are multiplied. */
  readonly parameters: readonly Parameter[];
  /** The channel of the gate that an element of such a parameter belongs to. */
  channelOf(parameter: Parameter, element: number): number;
}

/**
 * The layer that can take over a factor f on each channel of a gate's result, so that the network computes the same:
 *
 *     conv(f · y, W) = conv(y, W · f), f over W's input channels          y the gate's result: after the gate
 *     f · batch_norm(z; γ, β) = batch_norm(z; γ · f, β · f)               its operand: before the gate
 *     f · conv(z, W, b) = conv(z, W · f, b · f), f over W's outputs       its operand: before the gate
 *
 * The first leaves the gate's operand alone and is preferred. The others show the gate f · x where it saw x. A layer that
 * something else reads too, or whose numbers are shared, takes no factor over; nor does a sum or an activation. Then there
 * is a reason, in words.
 */
export function factorLayer(graph: Graph, gate: Op): FactorLayer | { readonly reason: string } {
  const [x] = gate.operands;
  const [y] = gate.results;
  const uses = usesOf(graph);
  const readersOf = (value: Value | undefined): readonly Op[] => (value && uses.get(value)) ?? [];
  const isPassedOn = (value: Value | undefined, op: Op | undefined): boolean =>
    value !== undefined &&
    !graph.outputs.includes(value) &&
    readersOf(value).every((reader) => reader === op);
  const own = (operands: readonly Value[]): readonly Parameter[] | undefined => {
    const parameters = operands.filter((operand) => operand.kind === "parameter");
    const free =
      parameters.length === operands.length && parameters.every((each) => readersOf(each).length === 1);
    return free ? parameters : undefined;
  };

  const [reader] = readersOf(y);
  if (isOp(reader, "conv") && isPassedOn(y, reader)) {
    const parameters = own(reader.operands.slice(1, 2));
    if (parameters !== undefined) {
      return { side: "after", parameters, channelOf: inputChannels(reader.attributes.group) };
    }
  }
  const maker = x && producersOf(graph).get(x);
  if (isPassedOn(x, gate) && (isOp(maker, "conv") || isOp(maker, "batch_norm"))) {
    const parameters = own(isOp(maker, "conv") ? maker.operands.slice(1) : maker.operands.slice(1, 3));
    if (parameters !== undefined) return { side: "before", parameters, channelOf: outputChannel };
  }
  const readers = readersOf(y).map(({ kind }) => kind);
  return {
    reason: `it stands between ${maker?.kind ?? "an input"} and ${readers.join(", ") || "an output"}`,
  };
}

/**
 * The data of a layer's parameters with the factors in it. `label` names the factors in the IR's text form.
 *
 * @param factor one for each channel of the gate
 * @param dataOf what a parameter's numbers are so far
 */
export function withFactor(
  { parameters, channelOf }: FactorLayer,
  factor: Float32Array,
  label: string,
  dataOf: (parameter: Parameter) => WeightExpr,
): ReadonlyMap<Parameter, WeightExpr> {
  return new Map(
    parameters.map((parameter) => {
      const dims = concreteDims(parameter.type.dims);
      const numbers: LentNumbers = {
        length: elementCount(dims),
        copyTo(target, start) {
          for (let i = 0; i < target.length; i++) {
            target[i] = factor[channelOf(parameter, start + i)] as number;
          }
        },
      };
      const stored = storedWeight(dims, `${label}:${parameter.name}`, numbers);
      return [parameter, binaryWeight("mul", dataOf(parameter), stored)];
    }),
  );
}

/** Of a weight [outputs, inputs / group, ...]: the input channel of an element. */
function inputChannels(group: number): FactorLayer["channelOf"] {
  return ({ data: { dims } }, element) => {
    const [outputs = 1, inputs = 1] = dims;
    const area = elementCount(dims.slice(2));
    const output = Math.floor(element / (area * inputs));
    return Math.floor(output / (outputs / group)) * inputs + (Math.floor(element / area) % inputs);
  };
}

/** Of a weight [outputs, ...] or a vector [outputs]: the output channel of an element. */
function outputChannel({ data: { dims } }: Parameter, element: number): number {
  return Math.floor(element / elementCount(dims.slice(1)));
}
