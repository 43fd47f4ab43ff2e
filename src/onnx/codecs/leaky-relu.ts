import { float } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__LeakyRelu.html */
export const leakyRelu = defineCodec<"leaky_relu">({
  operator: "LeakyRelu",
  encode: (op, node) => node.node("LeakyRelu", node.operands, { alpha: float(op.attributes.slope) }),
  decode: (node) => ({ operands: [node.operand(0)], attributes: { slope: node.float("alpha", 0.01) } }),
});
