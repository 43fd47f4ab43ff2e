import type { Op, OpOf, Value } from "../../ir/graph.js";
import { isOp } from "../../ir/rewrite.js";
import type { Producers } from "./dataflow.js";
import { isLayout } from "./layout.js";
import { scalarOf } from "./weights.js";

/**
 * f(u) = min(max(slope · u + shift, low), high), with a positive slope. ReLU, ReLU6, the hard sigmoids and products
 * with a number are such functions, and so is every chain of them: exporters write a hard sigmoid as Add, Clip and Div,
 * or as Add, ReLU6 and Mul.
 */
export interface Clamp {
  readonly slope: number;
  readonly shift: number;
  readonly low: number;
  readonly high: number;
}

export const IDENTITY: Clamp = { slope: 1, shift: 0, low: -Infinity, high: Infinity };

/** From here on a bound is none: ONNX's Clip has the largest float32 instead of one that is left out. */
const NO_BOUND = 3.4e38;

/** f of u, where u is the value before the chain, and the ops of the chain. */
export interface ReadClamp {
  readonly clamp: Clamp;
  readonly from: Value;
  readonly ops: readonly Op[];
}

/**
 * Reads backwards from a value as far as the ops are such functions, or as far as `until`; of no op at all, that is the
 * identity.
 */
export function readClamp(value: Value, flow: Producers, until?: Value): ReadClamp {
  const ops: Op[] = [];
  let from = value;
  let clamp = IDENTITY;
  for (;;) {
    const op = from === until ? undefined : flow.producer(from);
    const step = op && clampOf(op);
    const chained = step && compose(clamp, step.clamp);
    if (op === undefined || step === undefined || chained === undefined) return { clamp, from, ops };
    clamp = chained;
    from = step.from;
    ops.push(op);
  }
}

/** Whether it has no bounds. */
export function isAffine({ low, high }: Clamp): boolean {
  return low === -Infinity && high === Infinity;
}

/** Whether it is a product with a number. */
export function isScale(clamp: Clamp): boolean {
  return isAffine(clamp) && clamp.shift === 0;
}

/** The same function, times a positive number. */
export function scaledClamp({ slope, shift, low, high }: Clamp, factor: number): Clamp {
  return { slope: slope * factor, shift: shift * factor, low: low * factor, high: high * factor };
}

/** Room for numbers like 1/6 in float32 or with seven digits. */
const TOLERANCE = 1e-6;

export function sameClamp(a: Clamp, b: Clamp): boolean {
  return near(a.slope, b.slope) && near(a.shift, b.shift) && near(a.low, b.low) && near(a.high, b.high);
}

function near(x: number, y: number): boolean {
  return x === y || (Number.isFinite(y) && Math.abs(x - y) <= TOLERANCE * Math.max(1, Math.abs(y)));
}

/** `min(max(0.25 · x + 0.5, 0), 1)` */
export function formatClamp({ slope, shift, low, high }: Clamp): string {
  const digits = (x: number): string => String(Number(x.toPrecision(6)));
  let text = slope === 1 ? "x" : `${digits(slope)} · x`;
  if (shift !== 0) text += shift < 0 ? ` - ${digits(-shift)}` : ` + ${digits(shift)}`;
  if (low !== -Infinity) text = `max(${text}, ${digits(low)})`;
  return high === Infinity ? text : `min(${text}, ${digits(high)})`;
}

/** outer(inner(u)); undefined where the slope is not positive. */
function compose(outer: Clamp, inner: Clamp): Clamp | undefined {
  if (!(inner.slope > 0 && outer.slope > 0)) return undefined;
  const clip = (x: number): number => Math.min(Math.max(x, outer.low), outer.high);
  const bound = (x: number): number => clip(outer.slope * x + outer.shift);
  return {
    slope: outer.slope * inner.slope,
    shift: outer.slope * inner.shift + outer.shift,
    low: bound(inner.low),
    high: bound(inner.high),
  };
}

interface ClampStep {
  readonly clamp: Clamp;
  readonly from: Value;
}

/** What one op is as a function of one of its operands. */
function clampOf(op: Op): ClampStep | undefined {
  const [a, b] = op.operands;
  if (a === undefined) return undefined;
  if (isLayout(op)) return { clamp: IDENTITY, from: a };
  if (isOp(op, "relu")) return { clamp: { ...IDENTITY, low: 0 }, from: a };
  if (isOp(op, "relu6")) return { clamp: { ...IDENTITY, low: 0, high: 6 }, from: a };
  if (isOp(op, "hard_sigmoid")) return { clamp: { slope: 1 / 6, shift: 0.5, low: 0, high: 1 }, from: a };
  if (isOp(op, "hard_sigmoid_0.2")) return { clamp: { slope: 0.2, shift: 0.5, low: 0, high: 1 }, from: a };
  if (isOp(op, "sloped_hard_sigmoid")) return { clamp: { ...op.attributes, low: 0, high: 1 }, from: a };
  if (isOp(op, "clip")) {
    const { low, high } = op.attributes;
    const bounds = { low: low <= -NO_BOUND ? -Infinity : low, high: high >= NO_BOUND ? Infinity : high };
    return { clamp: { ...IDENTITY, ...bounds }, from: a };
  }
  const [left, right] = [scalarOf(a), scalarOf(b)];
  if (isOp(op, "add")) return affine(a, 1, right) ?? affine(b, 1, left);
  if (isOp(op, "mul")) return affine(a, right, 0) ?? affine(b, left, 0);
  if (isOp(op, "sub")) return affine(a, 1, right === undefined ? undefined : -right);
  if (isOp(op, "max") || isOp(op, "min")) return bound(op);
  if (isOp(op, "div")) return affine(a, right === undefined ? undefined : 1 / right, 0);
  return undefined;
}

/** max(x, number) or min(x, number), in either order. */
function bound({ kind, operands }: OpOf<"max"> | OpOf<"min">): ClampStep | undefined {
  const [a, b, ...more] = operands;
  if (a === undefined || b === undefined || more.length > 0) return undefined;
  const [from, limit] = scalarOf(a) === undefined ? [a, scalarOf(b)] : [b, scalarOf(a)];
  if (limit === undefined || from.kind === "parameter") return undefined;
  return { clamp: { ...IDENTITY, [kind === "max" ? "low" : "high"]: limit }, from };
}

function affine(
  from: Value | undefined,
  slope: number | undefined,
  shift: number | undefined,
): ClampStep | undefined {
  if (from === undefined || slope === undefined || shift === undefined || from.kind === "parameter")
    return undefined;
  return { clamp: { ...IDENTITY, slope, shift }, from };
}
