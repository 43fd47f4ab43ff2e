import type { AttributesInput } from "../../ir/ops/registry.js";
import { refuse } from "../../ir/types.js";
import { int, ints } from "../attribute.js";
import type { OnnxCodec } from "../codec.js";
import type { NodeReader } from "../node-reader.js";

/** As of this opset the axes are an input; before they are an attribute. Nothing else differs. */
const AXES_INPUT_OPSET = 18;

/** The codec of ReduceMean and ReduceMax with keepdims 1. */
export function reductionCodec<N extends "reduce_mean" | "reduce_max">(operator: string): OnnxCodec<N> {
  return {
    operator,
    encode({ attributes: { axes } }, node) {
      if (node.opset < AXES_INPUT_OPSET) {
        node.node(operator, node.operands, { axes: ints(axes), keepdims: int(1) });
        return;
      }
      const input = node.constant("axes", { dtype: "int64", dims: [axes.length] }, axes);
      node.node(operator, [...node.operands, input], { keepdims: int(1) });
    },
    decode(node) {
      const x = node.operand(0);
      node.expectInt("keepdims", 1, 1);
      const rank = x.type.dims.length;
      const axes = readAxes(node) ?? x.type.dims.map((_, axis) => axis);
      const attributes = { axes: axes.map((axis) => (axis < 0 ? axis + rank : axis)) };
      // TypeScript doesn't see that both N have these attributes.
      return { operands: [x], attributes: attributes as AttributesInput<N> };
    },
  };
}

/** The axes, which may be negative; undefined stands for all. */
function readAxes(node: NodeReader): readonly number[] | undefined {
  if (node.opset < AXES_INPUT_OPSET) return node.ints("axes");
  const axes = node.constant(1) ?? [];
  if (axes.length > 0) return axes;
  if (node.int("noop_with_empty_axes", 0) !== 0) refuse("noop_with_empty_axes is not supported");
  return undefined;
}
