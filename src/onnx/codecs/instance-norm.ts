import { float } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__InstanceNormalization.html */
export const instanceNorm = defineCodec<"instance_norm">({
  operator: "InstanceNormalization",
  encode: (op, node) =>
    node.node("InstanceNormalization", node.operands, { epsilon: float(op.attributes.epsilon) }),
  decode: (node) => ({
    operands: [node.operand(0), node.operand(1), node.operand(2)],
    attributes: { epsilon: node.float("epsilon", 1e-5) },
  }),
});
