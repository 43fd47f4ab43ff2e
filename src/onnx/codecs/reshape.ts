import { refuse } from "../../ir/types.js";
import { defineCodec } from "./codec.js";

/**
 * https://onnx.ai/onnx/operators/onnx__Reshape.html: the shape is an int64 input. A 0 copies a size; allowzero,
 * of opset 14, would make it a size of 0.
 */
export const reshape = defineCodec<"reshape">({
  operator: "Reshape",
  encode(op, node) {
    const { shape } = op.attributes;
    const input = node.constant("shape", { dtype: "int64", dims: [shape.length] }, shape);
    node.node("Reshape", [...node.operands, input]);
  },
  decode(node) {
    const shape = node.constant(1) ?? refuse("its shape is missing");
    if (node.int("allowzero", 0) !== 0 && shape.includes(0))
      refuse("allowzero with a size of 0 is not supported");
    return { operands: [node.operand(0)], attributes: { shape: [...shape] } };
  },
});
