import type { Op, OpOf, Parameter, Value } from "../../../ir/graph.js";
import { type OpName, UNARY_OP_NAMES } from "../../../ir/ops/registry.js";
import { isOp } from "../../../ir/rewrite.js";
import { type Dim, elementCount, sameDims } from "../../../ir/types.js";
import { reshapeWeight, type WeightExpr } from "../../../ir/weight.js";
import { BROADCASTS } from "../../simplify/repetition.js";
import { isLayout } from "../layout.js";
import { isPooling, type PoolingOp } from "./pooling.js";
import { channelsLast, inverseOf, turnedBy, type View } from "./view.js";

// Files whose maps are channels last turn them around each convolution. What stands between two such Transposes is done
// here before the first one, so that the two meet:
//
//     relu(transpose(x))  →  transpose(relu(x))

/** What moving an op needs of the normal form that is being made. */
export interface TurningContext {
  /** The op over other operands, maybe with axes of other numbers, in its normal form. */
  moved(op: Op, operands: readonly Value[], attributes?: Op["attributes"]): Value;
  /** A view as a value, with its axes turned by another permutation where one is given. */
  value(view: View, permutation?: readonly number[]): Value;
  /** A parameter in other sizes. */
  resized(parameter: Parameter, data: WeightExpr): Parameter;
}

/** Ops that compute every element from the one at its position, and know no axes. */
export const BY_ELEMENT: ReadonlySet<string> = new Set<OpName>([
  ...UNARY_OP_NAMES,
  "cast",
  "celu",
  "clip",
  "elu",
  "leaky_relu",
  "sloped_hard_sigmoid",
]);

const BROADCASTING: ReadonlySet<string> = new Set<OpName>([...BROADCASTS, "prelu"]);

/** Of a map [N, H, W, C]. An order of three axes does not say which of them are the channels. */
const FROM_CHANNELS_LAST = [0, 3, 1, 2].join();

/** What an op computes, as a view of the op over the operands before their axes were turned; undefined where that can't be. */
export function turnedOp(op: Op, views: readonly View[], context: TurningContext): View | undefined {
  const [x] = views;
  if (x === undefined || op.results.length !== 1) return undefined;
  if (isOp(op, "transpose")) {
    // A row of channels has no order but its own, whatever axes of size 1 stand around it.
    if (x.permutation === undefined && isLayout(op)) return undefined;
    // What is made channels last by itself, as by a layer normalisation, is channels first from here on.
    if (x.permutation === undefined && op.attributes.permutation.join() === FROM_CHANNELS_LAST)
      return { value: context.value(x, op.attributes.permutation) };
    return { value: x.value, permutation: turnedBy(x.permutation, op.attributes.permutation) };
  }
  if (BROADCASTING.has(op.kind)) return broadcast(op, views, context);
  if (isPooling(op)) return reduction(op, x, context);
  if (isOp(op, "squeeze")) return squeeze(op, x, context);
  const { permutation } = x;
  if (permutation === undefined) return undefined;
  if (BY_ELEMENT.has(op.kind)) return { value: context.moved(op, [x.value]), permutation };
  if (isOp(op, "concat") || isOp(op, "slice") || isOp(op, "softmax")) {
    const operands = views.map((view) => context.value(view, inverseOf(permutation)));
    const axis = permutation[op.attributes.axis] ?? 0;
    return {
      value: context.moved(op, operands, { ...op.attributes, axis } as Op["attributes"]),
      permutation,
    };
  }
  return undefined;
}

function reduction(op: Op & PoolingOp, x: View, context: TurningContext): View | undefined {
  const { axes, keepdims } = op.attributes;
  const { permutation } = x;
  if (permutation === undefined) return undefined;
  const turned = turnedAxes(axes, permutation);
  const value = context.moved(op, [x.value], { axes: turned, keepdims });
  return { value, permutation: keepdims ? permutation : withoutAxes(permutation, turned) };
}

function squeeze(op: Op & OpOf<"squeeze">, x: View, context: TurningContext): View | undefined {
  const { permutation } = x;
  if (permutation === undefined) return undefined;
  const turned = turnedAxes(op.attributes.axes, permutation);
  return {
    value: context.moved(op, [x.value], { axes: turned }),
    permutation: withoutAxes(permutation, turned),
  };
}

function turnedAxes(axes: readonly number[], permutation: readonly number[]): number[] {
  return axes.map((axis) => permutation[axis] as number).sort((a, b) => a - b);
}

/** A permutation of the axes that are left when some are dropped, counted anew; undefined where these stand as they are. */
function withoutAxes(
  permutation: readonly number[],
  dropped: readonly number[],
): readonly number[] | undefined {
  const left = permutation.filter((axis) => !dropped.includes(axis));
  const counted = left.map((axis) => left.filter((each) => each < axis).length);
  return turnedBy(undefined, counted);
}

function broadcast(op: Op, views: readonly View[], context: TurningContext): View | undefined {
  const dims = op.results[0]?.type.dims ?? [];
  if (isGatedFirst(op.operands, dims)) return undefined;
  const whole = op.operands.findIndex(({ type, kind }) => kind !== "parameter" && sameDims(type.dims, dims));
  const permutation = views[whole]?.permutation ?? gatedLast(op.operands, dims);
  if (permutation === undefined || whole === -1) return undefined;
  const undo = inverseOf(permutation);
  const operands: Value[] = [];
  for (const [i, view] of views.entries()) {
    const operand = op.operands[i] as Value;
    const turned =
      operand.type.dims.length === dims.length && operand.kind !== "parameter"
        ? context.value(view, undo)
        : turnedConstant(view.value, undo, context);
    if (turned === undefined) return undefined;
    operands.push(turned);
  }
  return { value: context.moved(op, operands), permutation };
}

/** A number, or a parameter with one number for each element along one axis, in the rank that the permutation has. */
function turnedConstant(
  value: Value,
  permutation: readonly number[],
  context: TurningContext,
): Value | undefined {
  if (value.type.dims.every((size) => size === 1)) return value;
  if (value.kind !== "parameter") return undefined;
  const { dims } = value.data;
  const whole = [...new Array<number>(permutation.length - dims.length).fill(1), ...dims];
  if (whole.filter((size) => size !== 1).length !== 1) return undefined;
  const data = reshapeWeight(
    value.data,
    permutation.map((axis) => whole[axis] as number),
  );
  return data && context.resized(value, data);
}

/** The order of the axes of a product of a map [N, H, W, C] and something of [N, 1, 1, C]: it is channels last. */
function gatedLast(operands: readonly Value[], dims: readonly Dim[]): readonly number[] | undefined {
  const [batch] = dims;
  const channels = dims.at(-1);
  if (batch === undefined || channels === undefined || elementCount(dims.slice(1, -1).map(openAsTwo)) === 1)
    return undefined;
  const row = dims.map((_, axis) => (axis === 0 ? batch : axis === dims.length - 1 ? channels : 1));
  return channels !== 1 && operands.some(({ kind, type }) => kind !== "parameter" && sameDims(type.dims, row))
    ? channelsLast(dims.length)
    : undefined;
}

/** Whether a map [N, C, H, W] or a signal [N, C, L] meets something of [N, C, 1, …]: it is channels first, whatever it was made of. */
function isGatedFirst(operands: readonly Value[], dims: readonly Dim[]): boolean {
  const [batch, channels, ...positions] = dims;
  if (batch === undefined || channels === undefined || channels === 1) return false;
  if (channelsLast(dims.length) === undefined || positions.every((size) => size === 1)) return false;
  const row = [batch, channels, ...positions.map(() => 1)];
  return operands.some(({ kind, type }) => kind !== "parameter" && sameDims(type.dims, row));
}

function openAsTwo(dim: Dim): number {
  return typeof dim === "number" ? dim : 2;
}
