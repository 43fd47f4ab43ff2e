import { Defect } from "../../../base/diagnostic.js";
import type { ActivationName } from "../../activations.js";
import type { Value } from "../../graph.js";
import type { AttributesInput } from "../../ops/registry.js";
import type { RewriteContext } from "../../rewrite.js";
import { constantWeight, reshapeWeight } from "../../weight.js";
import type { NormParts } from "../norm.js";
import type { RowSqueeze } from "../row-gate.js";

/** A convolution with or without bias. */
export function convolution(
  context: RewriteContext,
  x: Value,
  weight: Value,
  bias: Value | undefined,
  name: string,
  attributes: AttributesInput<"conv"> = {},
): Value {
  return context.op("conv", bias === undefined ? [x, weight] : [x, weight, bias], attributes, name);
}

/** One number for each channel of a map or a signal, as a map of 1×1. */
export function squeezed(
  context: RewriteContext,
  x: Value,
  pool: "global_avg_pool" | "global_max_pool" = "global_avg_pool",
): Value {
  const pooled = context.op(pool, [x], {}, "pool");
  return x.type.dims.length === 4
    ? pooled
    : context.op("reshape", [pooled], { shape: [0, 0, 1, 1] }, "enter");
}

/**
 * The rows of numbers [N, C, 1, 1] that a gate along the channels starts from: the averages, the maxima, their sum, or of `both` the averages and
 * the maxima.
 */
export function pooledRows(
  context: RewriteContext,
  x: Value,
  squeeze: RowSqueeze | "both",
): readonly Value[] {
  const mean = (): Value => context.op("global_avg_pool", [x], {}, "pool");
  if (squeeze === "average") return [mean()];
  const max = (): Value => context.op("global_max_pool", [x], {}, "max_pool");
  if (squeeze === "max") return [max()];
  const both = [mean(), max()];
  return squeeze === "both" ? both : [context.op("add", both, {}, "pools")];
}

/** x · gate, for a gate [N, C, 1, 1] and a map or a signal. */
export function gated(context: RewriteContext, x: Value, gate: Value): Value {
  const fits = x.type.dims.length === 4;
  return context.op(
    "mul",
    [x, fits ? gate : context.op("reshape", [gate], { shape: [0, 0, 1] }, "leave")],
    {},
  );
}

/** The two layers of an excitation. */
export interface Bottleneck {
  readonly reduce: Value;
  readonly reduceBias?: Value | undefined;
  /** The batch normalisation after the first layer, where there is one, and its ε. */
  readonly norm?: NormParts<Value> | undefined;
  readonly epsilon?: number;
  readonly hidden: ActivationName;
  readonly expand: Value;
  readonly expandBias?: Value | undefined;
}

/** conv 1×1 [─ batch_norm] ─ hidden ─ conv 1×1: on a map of 1×1 the papers' fully connected layers, without reshaping. */
export function bottleneck(context: RewriteContext, x: Value, layers: Bottleneck, prefix = ""): Value {
  const { reduce, reduceBias, norm, epsilon = 1e-5, hidden, expand, expandBias } = layers;
  const linear = convolution(context, x, reduce, reduceBias, `${prefix}reduce`);
  const reduced = norm === undefined ? linear : batchNormed(context, linear, norm, epsilon, `${prefix}norm`);
  const active = context.op(hidden, [reduced], {}, `${prefix}hidden`);
  return convolution(context, active, expand, expandBias, `${prefix}expand`);
}

/** A batch normalisation; behind a convolution, `fold-batch-norm` makes it vanish. */
export function batchNormed(
  context: RewriteContext,
  x: Value,
  { scale, shift, mean, variance }: NormParts<Value>,
  epsilon: number,
  name: string,
): Value {
  return context.op("batch_norm", [x, scale, shift, mean, variance], { epsilon }, name);
}

/** (a + b) / 2 */
export function halfSum(context: RewriteContext, a: Value, b: Value, name: string): Value {
  const half = context.constant("half", constantWeight([], 0.5));
  return context.op("mul", [context.op("add", [a, b], {}, `${name}_sum`), half], {}, name);
}

/** A parameter with other sizes under the same name, or a computed value reshaped. */
export function reshapedParameter(
  context: RewriteContext,
  value: Value,
  dims: readonly number[],
  name = "weight",
): Value {
  if (value.kind !== "parameter") return context.op("reshape", [value], { shape: [...dims] }, name);
  const data = reshapeWeight(value.data, dims);
  // Only a vector over a first axis that is cut or merged can't be reshaped, and no lowering does that.
  if (data === undefined) throw new Defect(`${value.name} can't be reshaped to [${dims.join(", ")}]`);
  return context.parameterOf(value.name, data, value.role);
}
