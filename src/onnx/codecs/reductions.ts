import type { AttributesInput } from "../../ir/ops/registry.js";
import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { int } from "./attribute.js";
import { fromFirst, readAxes, writeWithAxes } from "./axes.js";
import { defineCodecs, type OnnxCodec } from "./codec.js";

type ReductionName = "reduce_max" | "reduce_mean" | "reduce_min" | "reduce_prod" | "reduce_sum";

/** The opset as of which the axes of most reductions are an input. */
const AXES_INPUT_OPSET = 18;

/** The codec of a reduction over some axes. Nothing but the position of the axes differs between opsets. */
export function reductionCodec<N extends ReductionName>(
  operator: string,
  axesInputOpset = AXES_INPUT_OPSET,
): OnnxCodec<N> {
  return {
    operator,
    encode({ attributes: { axes, keepdims } }, node) {
      writeWithAxes(operator, node, axes, axesInputOpset, { keepdims: int(keepdims ? 1 : 0) });
    },
    decode(node) {
      const x = node.operand(0);
      const keepdims = node.int("keepdims", 1) !== 0;
      const axes = reducedAxes(node, axesInputOpset) ?? x.type.dims.map((_, axis) => axis);
      const attributes = { axes: fromFirst(axes, x.type.dims.length), keepdims };
      // TypeScript doesn't see that all N have these attributes.
      return { operands: [x], attributes: attributes as AttributesInput<N> };
    },
  };
}

/** The axes, which may be negative; undefined stands for all. */
function reducedAxes(node: NodeReader, axesInputOpset: number): readonly number[] | undefined {
  const axes = readAxes(node, axesInputOpset);
  if (node.opset < axesInputOpset) return axes;
  const noop = node.int("noop_with_empty_axes", 0) !== 0;
  if (axes !== undefined && axes.length > 0) return axes;
  return noop ? refuse("noop_with_empty_axes is not supported") : undefined;
}

export const reductionCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__ReduceMax.html */
  reduce_max: reductionCodec("ReduceMax"),

  /** https://onnx.ai/onnx/operators/onnx__ReduceMean.html */
  reduce_mean: reductionCodec("ReduceMean"),

  /** https://onnx.ai/onnx/operators/onnx__ReduceMin.html */
  reduce_min: reductionCodec("ReduceMin"),

  /** https://onnx.ai/onnx/operators/onnx__ReduceProd.html */
  reduce_prod: reductionCodec("ReduceProd"),

  /** https://onnx.ai/onnx/operators/onnx__ReduceSum.html; its axes became an input earlier than those of the others */
  reduce_sum: reductionCodec("ReduceSum", 13),
});
