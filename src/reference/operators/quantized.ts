import { combineTensors } from "../../ir/ops/broadcast.js";
import { linearOps } from "../../ir/ops/linear.js";
import { moves } from "../../ir/ops/moves.js";
import { MEAN, reduceTensor, spatialAxes } from "../../ir/ops/reductions.js";
import type { Tensor } from "../../ir/tensor.js";
import { type DType, refuse } from "../../ir/types.js";
import { rangeOf } from "./elementwise.js";
import { joined } from "./moves.js";
import {
  aroundAxis,
  axisFrom,
  type Evaluator,
  type NodeTensor,
  type OperatorNode,
  tensorOf,
} from "./node.js";
import { averageOfWindows } from "./pools.js";
import { product } from "./products.js";
import { convolved } from "./windows.js";

// Numbers as whole steps: q = saturate(round(x / scale) + zero), x = (q - zero) · scale. Ties are rounded to even.
// https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html, and ONNX Runtime's own of the domain com.microsoft.

/** A scale and a zero for each index along an axis, or one for all. */
interface Steps {
  readonly scales: ArrayLike<number>;
  readonly zeros: ArrayLike<number>;
  readonly dtype: DType;
}

function stepsAt(node: OperatorNode, scale: number, zero: number, dtype: DType): Steps {
  const scales = node.input(scale).data;
  const given = node.optional(zero);
  return { scales, zeros: given?.data ?? new Float64Array(scales.length), dtype: given?.dtype ?? dtype };
}

/** Which step each element of a tensor has. */
function stepOf({ dims }: Tensor, axis: number, { scales }: Steps): (index: number) => number {
  if (scales.length === 1) return () => 0;
  const { size, inner } = aroundAxis(dims, axisFrom(axis, dims.length));
  if (size !== scales.length) return refuse(`${scales.length} scales for an axis of ${size} are not known`);
  return (index) => Math.floor(index / inner) % size;
}

function quantized(node: OperatorNode, x: Tensor, steps: Steps, axis = 1): Tensor {
  const [least, most] = rangeOf(steps.dtype);
  const step = stepOf(x, axis, steps);
  const rounded = node.round(Float64Array.from(x.data, (each, i) => each / (steps.scales[step(i)] ?? 1)));
  return tensorOf(
    x.dims,
    rounded.map((each, i) => Math.min(Math.max(each + (steps.zeros[step(i)] ?? 0), least), most)),
  );
}

function dequantized(x: Tensor, steps: Steps, axis = 1): Tensor {
  const step = stepOf(x, axis, steps);
  return tensorOf(
    x.dims,
    Float64Array.from(
      x.data,
      (each, i) => (each - (steps.zeros[step(i)] ?? 0)) * (steps.scales[step(i)] ?? 1),
    ),
  );
}

function refuseBlocks(node: OperatorNode): void {
  if (node.number("block_size", 0) !== 0) refuse("scales of blocks are not known");
}

const quantizeLinear: Evaluator = (node) => {
  refuseBlocks(node);
  const type = node.resultType();
  const steps = stepsAt(node, 1, 2, type === "other" ? "uint8" : type);
  return [quantized(node, node.input(0), steps, node.number("axis", 1))];
};

const dequantizeLinear: Evaluator = (node) => {
  refuseBlocks(node);
  const x = node.input(0);
  return [dequantized(x, stepsAt(node, 1, 2, x.dtype), node.number("axis", 1))];
};

const dynamicQuantizeLinear: Evaluator = (node) => {
  const x = node.input(0);
  const low = x.data.reduce((least, each) => Math.min(least, each), 0);
  const high = x.data.reduce((most, each) => Math.max(most, each), 0);
  // A float32 number by definition.
  const scale = Math.fround((high - low) / 255) || 1;
  const [zero = 0] = node.round(Float64Array.of(Math.min(Math.max(-low / scale, 0), 255)));
  const steps = { scales: [scale], zeros: [zero], dtype: "uint8" } as const;
  return [quantized(node, x, steps), tensorOf([], [scale]), tensorOf([], [zero])];
};

const qLinearConv: Evaluator = (node) => {
  const x = node.input(0);
  const weight = node.input(3);
  const input = stepsAt(node, 1, 2, x.dtype);
  const kernel = stepsAt(node, 4, 5, weight.dtype);
  const given = node.optional(8);
  // The bias is in steps of the product of both scales.
  const scale = (o: number): number =>
    (kernel.scales[kernel.scales.length === 1 ? 0 : o] ?? 1) * (input.scales[0] ?? 1);
  const bias =
    given &&
    tensorOf(
      given.dims,
      Float64Array.from(given.data, (each, o) => each * scale(o)),
    );
  const real = dequantized(x, input);
  const y = channelsFirst(node, real, (map) => convolved(node, map, dequantized(weight, kernel, 0), bias));
  return [quantized(node, y, stepsAt(node, 6, 7, node.resultType()))];
};

const qLinearMatMul: Evaluator = (node) => {
  const [a, b] = [node.input(0), node.input(3)];
  const [left, right] = [stepsAt(node, 1, 2, a.dtype), stepsAt(node, 4, 5, b.dtype)];
  // Scales of a are those of its rows, scales of b those of its columns.
  const y = product(dequantized(a, left, -2), dequantized(b, right, -1));
  return [quantized(node, y, stepsAt(node, 6, 7, node.resultType()))];
};

const matMulInteger: Evaluator = (node) => {
  const centred = (index: number, zero: number, axis: number): Tensor => {
    const x = node.input(index);
    const zeros = node.optional(zero)?.data ?? [0];
    return dequantized(x, { zeros, scales: Array.from(zeros, () => 1), dtype: x.dtype }, axis);
  };
  return [product(centred(0, 2, -2), centred(1, 3, -1))];
};

/** An operator of ONNX Runtime on one tensor of steps. */
const ofOne =
  (apply: (x: Tensor, node: OperatorNode) => Tensor): Evaluator =>
  (node) => {
    const x = node.input(0);
    const y = apply(dequantized(x, stepsAt(node, 1, 2, x.dtype)), node);
    return [quantized(node, y, stepsAt(node, 3, 4, x.dtype))];
  };

const ofEach = (apply: (x: number, node: OperatorNode) => number): Evaluator =>
  ofOne(({ dims, data }, node) =>
    tensorOf(
      dims,
      Float64Array.from(data, (x) => apply(x, node)),
    ),
  );

const ofTwo =
  (apply: (a: number, b: number) => number): Evaluator =>
  (node) => {
    const operand = (at: number): Tensor => {
      const x: NodeTensor = node.input(at);
      return dequantized(x, stepsAt(node, at + 1, at + 2, x.dtype));
    };
    const y = combineTensors(operand(0), operand(3), apply);
    return [quantized(node, y, stepsAt(node, 6, 7, node.input(0).dtype))];
  };

/** Channels come last where `channels_last` is 1: [N, ...sizes, C]. */
function channelsFirst(node: OperatorNode, x: Tensor, compute: (x: Tensor) => Tensor): Tensor {
  if (node.number("channels_last", 0) === 0) return compute(x);
  const { transpose } = moves;
  const axes = x.dims.map((_, axis) => axis);
  const [batch = 0, ...others] = axes;
  const turned = (given: Tensor, permutation: readonly number[]): Tensor =>
    transpose.evaluate({ x: given }, { permutation: [...permutation] });
  const y = compute(turned(x, [batch, axes.length - 1, ...others.slice(0, -1)]));
  return turned(y, [batch, ...axes.slice(2), 1]);
}

const globalAverage = ofOne((x, node) =>
  channelsFirst(node, x, (map) => reduceTensor(map, spatialAxes(map), MEAN)),
);

const averagePool = ofOne((x, node) => channelsFirst(node, x, (map) => averageOfWindows(node, map)));

/** The result's scale and zero point, then each part with its own. */
const concat: Evaluator = (node) => {
  const parts = Array.from({ length: Math.floor((node.inputs.length - 2) / 3) }, (_, i) => {
    const x = node.input(2 + 3 * i);
    return dequantized(x, stepsAt(node, 3 + 3 * i, 4 + 3 * i, x.dtype));
  });
  const y = joined(parts, node.number("axis", 1));
  return [quantized(node, y, stepsAt(node, 0, 1, node.resultType()))];
};

/** alpha · (a · b + c), either transposed; c is in steps of the product of both scales. Without a scale of its own the result is numbers. */
const gemm: Evaluator = (node) => {
  const [a, b, c] = [node.input(0), node.input(3), node.optional(6)];
  const [transposeA, transposeB] = [node.number("transA", 0) !== 0, node.number("transB", 0) !== 0];
  const [left, right] = [stepsAt(node, 1, 2, a.dtype), stepsAt(node, 4, 5, b.dtype)];
  const alpha = node.number("alpha", 1);
  const { general_gemm: product } = linearOps;
  const scaleOf = (column: number): number =>
    (left.scales[0] ?? 1) * (right.scales[right.scales.length === 1 ? 0 : column] ?? 1);
  const columns = c?.dims.at(-1) ?? 1;
  const bias =
    c &&
    tensorOf(
      c.dims,
      c.data.map((each, i) => each * scaleOf(i % columns)),
    );
  const y = product.evaluate(
    { a: dequantized(a, left), b: dequantized(b, right, transposeB ? 0 : 1), c: bias },
    { alpha, beta: alpha, transposeA, transposeB },
  );
  return [node.optional(7) === undefined ? y : quantized(node, y, stepsAt(node, 7, 8, node.resultType()))];
};

export const quantizedOperators: Readonly<Record<string, Evaluator>> = {
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  MatMulInteger: matMulInteger,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QuantizeLinear: quantizeLinear,
};

/** Those of the domain com.microsoft. */
export const runtimeOperators: Readonly<Record<string, Evaluator>> = {
  DequantizeLinear: dequantizeLinear,
  QGemm: gemm,
  QLinearAdd: ofTwo((a, b) => a + b),
  QLinearAveragePool: averagePool,
  QLinearConcat: concat,
  QLinearConv: qLinearConv,
  QLinearGlobalAveragePool: globalAverage,
  QLinearLeakyRelu: ofEach((x, node) => (x < 0 ? node.number("alpha", 0.01) * x : x)),
  QLinearMul: ofTwo((a, b) => a * b),
  QLinearSigmoid: ofEach((x) => 1 / (1 + Math.exp(-x))),
  QuantizeLinear: quantizeLinear,
};
