import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Expand.html, which opset 8 brought. */
export const expand = defineCodec<"expand">({
  operator: "Expand",
  since: 8,
  encode: (_op, node) => node.node("Expand", node.operands),
  decode: (node) => ({ operands: [node.operand(0), node.operand(1, "fixed")], attributes: {} }),
});
