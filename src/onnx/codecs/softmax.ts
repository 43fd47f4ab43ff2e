import { int } from "../attribute.js";
import { defineCodec } from "../codec.js";
import { axisOf } from "./axes.js";

/** https://onnx.ai/onnx/operators/onnx__Softmax.html: as of opset 13 along one axis, by default the last. */
export const softmax = defineCodec<"softmax">({
  operator: "Softmax",
  encode: (op, node) => node.node("Softmax", node.operands, { axis: int(op.attributes.axis) }),
  decode(node) {
    const x = node.operand(0);
    return { operands: [x], attributes: { axis: axisOf(x, node.int("axis", -1)) } };
  },
});
