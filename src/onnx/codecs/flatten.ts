import { int } from "../attribute.js";
import { defineCodec } from "../codec.js";

/** https://onnx.ai/onnx/operators/onnx__Flatten.html with axis 1. */
export const flatten = defineCodec<"flatten">({
  operator: "Flatten",
  encode: (_op, node) => node.node("Flatten", node.operands, { axis: int(1) }),
  decode(node) {
    node.expectInt("axis", 1, 1);
    return { operands: [node.operand(0)], attributes: {} };
  },
});
