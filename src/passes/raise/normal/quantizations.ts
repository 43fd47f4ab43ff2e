import type { Op, OpOf, Parameter, Value } from "../../../ir/graph.js";
import { elementsOf } from "../../../ir/known-elements.js";
import { isOnnxDomain } from "../../../ir/onnx-domain.js";
import { isOp } from "../../../ir/rewrite.js";
import { elementCount } from "../../../ir/types.js";
import { smallValues, storedWeight, type WeightExpr } from "../../../ir/weight.js";
import { BROADCASTS } from "../../simplify/repetition.js";
import type { Producers } from "../dataflow.js";
import { behindLayout } from "../layout.js";
import { copyOf, scalarOf } from "../weights.js";
import type { NormalOps } from "./normal-ops.js";
import { BY_ELEMENT } from "./turned.js";
import type { View } from "./view.js";

type Node = OpOf<"opaque">;

/** Whether an op gives whole steps their numbers again, ONNX's own or ONNX Runtime's. */
export function isDequantization(op: Op | undefined): op is Op & Node {
  return isNode(op, "DequantizeLinear");
}

/** Whether an op makes whole steps of numbers. */
export function isQuantization(op: Op | undefined): op is Op & Node {
  return isNode(op, "QuantizeLinear");
}

function isNode(op: Op | undefined, operator: string): op is Op & Node {
  if (!isOp(op, "opaque") || op.attributes.operator !== operator) return false;
  return isOnnxDomain(op.attributes.domain) || op.attributes.domain === "com.microsoft";
}

/**
 * The quantised parts of a graph in its normal form, which knows no steps:
 *
 *     DequantizeLinear(QuantizeLinear(x))  →  x            with the same steps
 *     DequantizeLinear(@w)                 →  @w'
 *
 * Tools that quantise leave a ReLU out whose zeros the first step has already. Where the steps of what a layer gives begin at 0 it
 * is put back, but before a bias and before another activation.
 */
export class Quantizations {
  readonly #ops: NormalOps;
  /** What the steps of a value that begin at 0 are taken of, by the ReLU that is put back. */
  readonly #layers = new Map<Value, Value>();
  readonly #weights = new Map<string, Parameter>();

  constructor(ops: NormalOps) {
    this.#ops = ops;
  }

  /** What an op reads in the normal form: a bias and an activation no ReLU that was put back. */
  operandsOf(op: Op, operands: readonly View[]): readonly View[] {
    const isOfConstant = operands.some(({ value }) => value.kind === "parameter");
    const isActivation = BY_ELEMENT.has(op.kind) || (BROADCASTS.has(op.kind) && isOfConstant);
    if (!isActivation || this.#layers.size === 0) return operands;
    return operands.map((view) => ({ ...view, value: this.#layers.get(view.value) ?? view.value }));
  }

  /** What an op computes, if it only gives whole steps their numbers again. */
  viewOf(op: Op, [steps]: readonly View[]): View | undefined {
    if (!isDequantization(op) || steps === undefined) return undefined;
    if (steps.value.kind === "parameter") return this.#weightOf(op, steps.value);
    const quantization = this.#ops.producer(steps.value);
    const [x] = quantization?.operands ?? [];
    if (x === undefined || !isQuantization(quantization) || !haveSameSteps(quantization, op))
      return undefined;
    const view = this.#ops.turnedFrom(x) ?? { value: x };
    const range = isLayerResult(view.value, this.#ops) ? rangeOf(quantization) : undefined;
    if (range?.least !== 0) return view;
    const isCapped = Math.abs(range.most - RELU6) < TOLERANCE * RELU6;
    const value = isCapped
      ? this.#ops.op("clip", [view.value], { low: 0, high: RELU6 })
      : this.#ops.op("relu", [view.value], {});
    this.#layers.set(value, view.value);
    return { ...view, value };
  }

  #weightOf(op: Node, steps: Parameter): View | undefined {
    const key = JSON.stringify([op.operands.map(({ name }) => name), op.attributes.written]);
    const known = this.#weights.get(key);
    if (known !== undefined) return { value: known };
    const data = dequantized(op, steps);
    const [result] = op.results;
    if (data === undefined || result === undefined) return undefined;
    const value = this.#ops.resized(steps, data, result.type.dtype);
    this.#weights.set(key, value);
    return { value };
  }
}

const RELU6 = 6;

/** Room for a scale that was divided in float32. */
const TOLERANCE = 1e-5;

/** Whether two nodes, one that makes whole steps and one that undoes it, have the same ones. */
function haveSameSteps(a: Node, b: Node): boolean {
  const numbers = (op: Node, index: number): readonly number[] | undefined => {
    const operand = op.operands[index];
    if (operand === undefined) return index === 2 ? [0] : undefined;
    return operand.kind === "parameter" ? smallValues(operand.data) : undefined;
  };
  return [1, 2].every((index) => {
    if (a.operands[index] !== undefined && a.operands[index] === b.operands[index]) return true;
    const [left, right] = [numbers(a, index), numbers(b, index)];
    return left !== undefined && right !== undefined && left.join() === right.join();
  });
}

/** The least and the largest whole number of a type. */
const WHOLE: { readonly [dtype: string]: readonly [least: number, most: number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** The numbers that steps of one size are for. */
function rangeOf({ operands: [, scale, zero], results: [steps] }: Node) {
  const step = scalarOf(scale);
  const [least, most] = WHOLE[steps?.type.dtype ?? ""] ?? [];
  const first = zero === undefined ? 0 : scalarOf(zero);
  if (step === undefined || first === undefined || least === undefined || most === undefined)
    return undefined;
  return { least: (least - first) * step, most: (most - first) * step };
}

const LAYERS: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "batch_norm",
  "conv",
  "conv_1d",
  "gemm",
  "general_gemm",
  "matmul",
]);

/** Whether a value is what a layer with weights gives, maybe with a bias and in another layout. */
function isLayerResult(value: Value, context: Producers): boolean {
  const op = context.producer(behindLayout(value, context).value);
  if (op === undefined || !op.operands.some(({ kind }) => kind === "parameter")) return false;
  return isOp(op, "add")
    ? op.operands.some((operand) => isLayerResult(operand, context))
    : LAYERS.has(op.kind);
}

/** (w - zero) · scale in float32, for each index of an axis or for all; undefined for scales of blocks, and where one is computed. */
function dequantized({ operands, attributes, results }: Node, { data }: Parameter): WeightExpr | undefined {
  const [, scale, zero] = operands;
  if (data.kind !== "stored" || scale?.kind !== "parameter") return undefined;
  if (zero !== undefined && zero.kind !== "parameter") return undefined;
  const { dims } = data;
  const indexOf = indexAlong(dims, elementCount(scale.data.dims), new Map(attributes.written));
  if (indexOf === undefined) return undefined;
  const read = copyOf(data.data);
  let steps: { readonly scales: Float64Array; readonly zeros: Float64Array } | undefined;
  const makeSteps = () => {
    const scales = elementsOf(scale.data) ?? new Float64Array();
    return { scales, zeros: (zero && elementsOf(zero.data)) ?? new Float64Array(scales.length) };
  };
  return storedWeight(dims, `${results[0]?.name}`, {
    length: data.data.length,
    copyTo(target, start) {
      steps ??= makeSteps();
      read(target, start);
      for (let i = 0; i < target.length; i++) {
        const index = indexOf(start + i);
        const whole = (target[i] ?? Number.NaN) - (steps.zeros[index] ?? Number.NaN);
        target[i] = Math.fround(whole * (steps.scales[index] ?? Number.NaN));
      }
    },
  });
}

/** Which of so many scales an element has; undefined where that can't be said. */
function indexAlong(
  dims: readonly number[],
  scales: number,
  written: ReadonlyMap<string, string>,
): ((element: number) => number) | undefined {
  if (Number(written.get("block_size") ?? 0) !== 0) return undefined;
  if (scales === 1) return () => 0;
  const axis = Number(written.get("axis") ?? 1);
  const from = axis < 0 ? axis + dims.length : axis;
  const inner = elementCount(dims.slice(from + 1));
  return dims[from] === scales ? (element) => Math.floor(element / inner) % scales : undefined;
}
