import {
  type ModelOp,
  modelOp,
  type NoAttributes,
  type OperatorOf,
  type PlainOp,
  type Precision,
  type PrimitiveOp,
  plainOp,
  primitiveOp,
} from "../op.js";
import { floats, type Operand } from "../operands.js";
import { type Numbers, type Tensor, zeros } from "../tensor.js";
import type { TensorType } from "../types.js";

type X = { readonly x: Operand<"one"> };

/** An op that applies one function to every element. */
export interface Unary {
  /** The function itself, float64. */
  readonly apply: (x: number) => number;
}

export type UnaryOp = (ModelOp<X, NoAttributes> | PrimitiveOp<X, NoAttributes>) & Unary;

interface UnaryFacts extends Unary {
  readonly doc: string;
  /**
   * The size of the numbers that float32 implementations compute the result from, where it can be much smaller: the
   * sigmoid of -16 is 1e-7, and as inexact as numbers around 1 are. Left out, the result's own.
   */
  readonly computedFrom?: "one" | "itself";
  /** `apply` of all elements of x, for what networks have millions of: a call for each would take longer than all the rest. */
  readonly loop?: (x: Numbers, y: Numbers) => void;
}

/** A plain op on every element: an ONNX operator of one operand without attributes. */
export function unary(
  op: UnaryFacts & {
    readonly onnx: OperatorOf<NoAttributes>;
    readonly precision: Precision;
    readonly source?: string;
  },
): PlainOp<X, NoAttributes> & Unary {
  return { ...plainOp({ ...op, ...onEach(op) }), apply: op.apply };
}

/** An op on every element that is one ONNX operator with attributes of its own. */
export function primitiveUnary(
  op: UnaryFacts & { readonly precision: Precision; readonly source: string },
): PrimitiveOp<X, NoAttributes> & Unary {
  return { ...primitiveOp({ ...op, ...onEach(op) }), apply: op.apply };
}

/** An op on every element as papers name it. */
export function modelUnary(op: UnaryFacts & { readonly source: string }): ModelOp<X, NoAttributes> & Unary {
  return { ...modelOp({ ...op, ...onEach(op) }), apply: op.apply };
}

function onEach({ apply, loop, computedFrom }: UnaryFacts) {
  const all =
    loop ??
    ((x: Numbers, y: Numbers): void => {
      for (let i = 0; i < x.length; i++) y[i] = apply(x[i] as number);
    });
  const applied = ({ dims, data }: Tensor): Tensor => {
    const y = zeros(dims, { data });
    if (computedFrom === undefined || data instanceof Float64Array) {
      all(data, y.data);
      return y;
    }
    const exact = new Float64Array(data.length);
    all(data, exact);
    for (let i = 0; i < data.length; i++) {
      y.data[i] = inexact(exact[i] as number, computedFrom === "one" ? 1 : Math.abs(data[i] as number));
    }
    return y;
  };
  return {
    operands: { x: floats },
    infer: ({ x }: { readonly x: TensorType }) => x,
    evaluate: ({ x }: { readonly x: Tensor }): Tensor => applied(x),
  };
}

/** Half the distance of float32 numbers around 1. */
const UNIT_ROUNDOFF = 2 ** -24;

/**
 * A result as inexact as float32 numbers of that size are: off by half a step, up or down. Rounded to the nearest step it would be off by next to
 * nothing now and then, and a single gate has all the error of its channel. Whole steps, such as 0 and 1 where a function is cut off, are exact.
 */
export function inexact(result: number, size: number): number {
  const step = UNIT_ROUNDOFF * size;
  const steps = result / step;
  const whole = Math.floor(steps);
  if (!Number.isFinite(steps) || whole === steps) return result;
  // A remainder of floating-point numbers would take longer than all the rest.
  return result + (Math.floor(whole / 2) === whole / 2 ? step : -step) / 2;
}
