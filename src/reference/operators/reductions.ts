import {
  MAXIMUM,
  MEAN,
  MINIMUM,
  PRODUCT,
  type Reduction,
  reduceTensor,
  SUM,
} from "../../ir/ops/reductions.js";
import { elementCount } from "../../ir/types.js";
import { axisFrom, type Evaluator, tensorOf } from "./node.js";

// Axes that become one number, whatever the element type, with axes that are an input too: https://onnx.ai/onnx/operators/

const reduced =
  (reduction: Reduction, before?: (x: number) => number): Evaluator =>
  (node) => {
    const x = node.input(0);
    const given = node.integers(1, "axes");
    const isNone = given === undefined || given.length === 0;
    if (isNone && node.number("noop_with_empty_axes", 0) === 1)
      return [before ? tensorOf(x.dims, Float64Array.from(x.data, before)) : x];
    const axes = isNone ? x.dims.map((_, axis) => axis) : given.map((axis) => axisFrom(axis, x.dims.length));
    const kept = node.number("keepdims", 1) === 1;
    const dims = x.dims.flatMap((size, axis) => (axes.includes(axis) ? (kept ? [1] : []) : [size]));
    const data = before === undefined ? x.data : Float64Array.from(x.data, before);
    if (x.dims.length === 0)
      return [tensorOf([], [reduction.finish(reduction.combine(reduction.start, data[0] ?? 0), 1)])];
    if (elementCount(x.dims) === 0)
      return [tensorOf(dims, new Float64Array(elementCount(dims)).fill(reduction.start))];
    return [{ dims, data: reduceTensor({ dims: x.dims, data }, axes, reduction).data }];
  };

export const reductionOperators: Readonly<Record<string, Evaluator>> = {
  ReduceL1: reduced(SUM, Math.abs),
  ReduceL2: reduced({ ...SUM, finish: Math.sqrt }, (x) => x * x),
  ReduceLogSum: reduced({ ...SUM, finish: Math.log }),
  ReduceLogSumExp: reduced({ ...SUM, finish: Math.log }, Math.exp),
  ReduceMax: reduced(MAXIMUM),
  ReduceMean: reduced(MEAN),
  ReduceMin: reduced(MINIMUM),
  ReduceProd: reduced(PRODUCT),
  ReduceSum: reduced(SUM),
  ReduceSumSquare: reduced(SUM, (x) => x * x),
};
