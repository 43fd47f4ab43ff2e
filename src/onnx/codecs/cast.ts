import { refuse } from "../../ir/types.js";
import { ELEMENT_TYPE, elementTypeOf } from "../file/proto.js";
import { int } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Cast.html; `saturate` (opset 19) is about float8 alone. */
export const cast = defineCodec<"cast">({
  operator: "Cast",
  encode: (op, node) => node.node("Cast", node.operands, { to: int(ELEMENT_TYPE[op.attributes.to]) }),
  decode(node) {
    const to = elementTypeOf(node.optionalInt("to") ?? refuse("its element type (to) is missing"));
    if (node.opset >= 19) node.int("saturate", 1);
    return { operands: [node.operand(0)], attributes: { to } };
  },
});
