import { refuse } from "../../ir/types.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Reshape.html with a shape that is computed; see also `reshape`. */
export const reshapeTo = defineCodec<"reshape_to">({
  operator: "Reshape",
  general: true,
  encode: (_op, node) => node.node("Reshape", node.operands),
  decode(node) {
    const [x, shape] = [node.operand(0), node.operand(1, "fixed")];
    if (node.int("allowzero", 0) !== 0) refuse("allowzero with a computed shape is not supported");
    return { operands: [x, shape], attributes: {} };
  },
});
