import { refuse } from "../../ir/types.js";
import { int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Concat.html */
export const concat = defineCodec<"concat">({
  operator: "Concat",
  encode: (op, node) => node.node("Concat", node.operands, { axis: int(op.attributes.axis) }),
  decode(node) {
    const operands = node.operandsFrom(0);
    const [first] = operands;
    const axis = node.optionalInt("axis") ?? refuse("its axis is missing");
    return { operands, attributes: { axis: first === undefined ? axis : axisOf(first, axis) } };
  },
});
