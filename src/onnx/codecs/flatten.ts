import { int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Flatten.html */
export const flatten = defineCodec<"flatten">({
  operator: "Flatten",
  encode: (op, node) => node.node("Flatten", node.operands, { axis: int(op.attributes.axis) }),
  decode(node) {
    const x = node.operand(0);
    return { operands: [x], attributes: { axis: axisOf(x, node.int("axis", 1)) } };
  },
});
