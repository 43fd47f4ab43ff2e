import { int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Gather.html */
export const gather = defineCodec<"gather">({
  operator: "Gather",
  encode: (op, node) => node.node("Gather", node.operands, { axis: int(op.attributes.axis) }),
  decode(node) {
    const [x, indices] = [node.operand(0), node.operand(1, "fixed")];
    return { operands: [x, indices], attributes: { axis: axisOf(x, node.int("axis", 0)) } };
  },
});
