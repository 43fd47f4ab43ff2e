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
import { type Tensor, zeros } from "../tensor.js";
import type { TensorType } from "../types.js";
import { type Float64Loop, runInFloat64 } from "./float64-loop.js";

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
  /**
   * `apply` of all elements of x, to the last few bits, for what networks have millions of: a call for each would take longer than all the
   * rest.
   */
  readonly loop?: Float64Loop;
}

/** A plain op on every element: an ONNX operator of one operand without attributes. */
export function unary(
  op: UnaryFacts & {
    readonly onnx: OperatorOf<NoAttributes>;
    readonly precision: Precision;
    readonly source?: string;
  },
): PlainOp<X, NoAttributes> & Unary {
  return Object.assign(plainOp({ ...op, ...onEach(op) }), { apply: op.apply });
}

/** An op on every element that is one ONNX operator with attributes of its own. */
export function primitiveUnary(
  op: UnaryFacts & { readonly precision: Precision; readonly source: string },
): PrimitiveOp<X, NoAttributes> & Unary {
  return Object.assign(primitiveOp({ ...op, ...onEach(op) }), { apply: op.apply });
}

/** An op on every element as papers name it. */
export function modelUnary(op: UnaryFacts & { readonly source: string }): ModelOp<X, NoAttributes> & Unary {
  return Object.assign(modelOp({ ...op, ...onEach(op) }), { apply: op.apply });
}

function onEach({ apply, loop, computedFrom }: UnaryFacts) {
  const exact: Float64Loop =
    loop ??
    ((x, y, from, to) => {
      for (let i = from; i < to; i++) y[i] = apply(x[i] as number);
    });
  const asInFloat32: Float64Loop = (x, y, from, to) => {
    exact(x, y, from, to);
    if (computedFrom === "one") {
      for (let i = from; i < to; i++) y[i] = inexact(y[i] as number, 1);
    } else if (computedFrom === "itself") {
      for (let i = from; i < to; i++) y[i] = inexact(y[i] as number, Math.abs(x[i] as number));
    }
  };
  return {
    operands: { x: floats },
    infer: ({ x }: { readonly x: TensorType }) => x,
    evaluate({ x: { dims, data } }: { readonly x: Tensor }): Tensor {
      const y = zeros(dims, { data });
      const all = data instanceof Float64Array ? exact : asInFloat32;
      runInFloat64(data, y.data, 0, data.length, all);
      return y;
    },
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
  // A remainder of floating-point numbers would take longer than all the rest, and a branch on it would be guessed wrong half of the time.
  const odd = whole - 2 * Math.floor(whole / 2);
  return result + step * (0.5 - odd);
}
