import { float } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Elu.html */
export const elu = defineCodec<"elu">({
  operator: "Elu",
  encode: (op, node) => node.node("Elu", node.operands, { alpha: float(op.attributes.scale) }),
  decode: (node) => ({ operands: [node.operand(0)], attributes: { scale: node.float("alpha", 1) } }),
});
