import { computedWeight } from "../../ir/computed-weight.js";
import type { Op, Parameter, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import { sameDims } from "../../ir/types.js";
import type { TypedWeight, WeightExpr } from "../../ir/weight.js";
import {
  holds,
  type LayerOp,
  type LinearLayer,
  layerOperands,
  ownLayerOf,
  perChannel,
  withSizes,
} from "./layers.js";
import type { Simplification, SimplifyContext } from "./simplification.js";

/**
 *     W · (x · s) + b  →  (W · s) · x + b        s one number, or one for each input channel
 *
 * A layer is linear in x. Padding adds zeros, which no factor changes. In a convolution of groups the input channel of W[o, i] is
 * i of the group of o. Where something else reads x · s or W, or is an output, both stay. So does the half of a GELU.
 */
export const scaleBeforeLayer: Simplification = (op, context) => {
  const layer = ownLayerOf(op, context);
  const product = layer && context.isReadOnce(layer.x) ? context.producer(layer.x) : undefined;
  const scaled = product && scaledInput(product);
  if (layer === undefined || scaled === undefined || isOfGelu(scaled.x, context)) return undefined;
  const { dims } = layer.x.type;
  const channels = dims[1];
  const factor = typeof channels === "number" ? perChannel(scaled.by, dims.length, channels) : undefined;
  if (factor === undefined || !sameDims(scaled.x.type.dims, dims)) return undefined;
  const weight = scaledInputs(layer, scaled.kind, { dtype: scaled.by.type.dtype, data: factor });
  if (!holds(layer, { weight })) return undefined;
  return context.again(layerOperands({ ...layer, x: scaled.x }, { weight }, context.parameterOf));
};

/** x · s and x / s, where s is a parameter. */
function scaledInput(
  op: Op,
): { readonly kind: "mul" | "div"; readonly x: Value; readonly by: Parameter } | undefined {
  if (!isOp(op, "mul") && !isOp(op, "div")) return undefined;
  const [a, b] = op.operands;
  if (a === undefined || b === undefined) return undefined;
  if (b.kind === "parameter" && a.kind !== "parameter") return { kind: op.kind, x: a, by: b };
  return op.kind === "mul" && a.kind === "parameter" && b.kind !== "parameter"
    ? { kind: op.kind, x: b, by: a }
    : undefined;
}

/** Whether a value is x · (1 + erf(x / √2)), whose half is GELU: without the factor nobody would know it for that any more. */
function isOfGelu(value: Value, { producer }: SimplifyContext): boolean {
  const product = producer(value);
  return isOp(product, "mul") && product.operands.some((each) => readsErf(producer(each), producer));
}

function readsErf(op: Op | undefined, producer: SimplifyContext["producer"]): boolean {
  return op?.operands.some((each) => isOp(producer(each), "erf")) === true;
}

function scaledInputs(layer: LinearLayer, kind: "mul" | "div", factor: TypedWeight): WeightExpr {
  const { dtype } = layer.weight.type;
  const { data } = layer.weight;
  const combined = (a: WeightExpr, b: WeightExpr): WeightExpr =>
    computedWeight(
      kind,
      [
        { dtype, data: a },
        { ...factor, data: b },
      ],
      {},
    ).data;
  if (factor.data.dims.length === 0) return combined(data, factor.data);
  const [outputs = 0, perGroup = 0, ...taps] = data.dims;
  const groups = groupsOf(layer.op);
  const ones = taps.map(() => 1);
  const split = withSizes({ dtype, data }, [groups, outputs / groups, perGroup, ...taps]);
  const product = combined(split, withSizes(factor, [groups, 1, perGroup, ...ones]));
  return withSizes({ dtype, data: product }, data.dims);
}

function groupsOf(op: LayerOp): number {
  return op.kind === "gemm" ? 1 : op.attributes.group;
}
