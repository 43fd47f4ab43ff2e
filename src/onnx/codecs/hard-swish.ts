import { operandAt } from "../../ir/tensor.js";
import { refuse } from "../../ir/types.js";
import { float } from "../attribute.js";
import { defineCodec } from "../codec.js";
import { SHIFT, SLOPE } from "./hard-sigmoid.js";

/** The opset that brought the operator. */
const FIRST_OPSET = 14;

/** https://onnx.ai/onnx/operators/onnx__HardSwish.html; before opset 14 x · HardSigmoid(x), its definition. */
export const hardSwish = defineCodec<"hard_swish">({
  operator: "HardSwish",
  encode(op, node) {
    if (node.opset >= FIRST_OPSET) return node.node("HardSwish", node.operands);
    const gate = node.intermediate("gate", operandAt(op.operands, 0).type);
    node.node("HardSigmoid", node.operands, { alpha: float(SLOPE), beta: float(SHIFT) }, gate);
    node.node("Mul", [...node.operands, gate]);
  },
  decode(node) {
    if (node.opset < FIRST_OPSET) refuse(`HardSwish needs opset ${FIRST_OPSET}, the file has ${node.opset}`);
    return { operands: [node.operand(0)], attributes: {} };
  },
});
