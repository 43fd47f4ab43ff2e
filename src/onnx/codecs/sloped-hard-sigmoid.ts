import { float } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with any alpha and beta; see also `hard_sigmoid`. */
export const slopedHardSigmoid = defineCodec<"sloped_hard_sigmoid">({
  operator: "HardSigmoid",
  general: true,
  encode({ attributes: { slope, shift } }, node) {
    node.node("HardSigmoid", node.operands, { alpha: float(slope), beta: float(shift) });
  },
  decode: (node) => ({
    operands: [node.operand(0)],
    attributes: { slope: node.float("alpha", 0.2), shift: node.float("beta", 0.5) },
  }),
});
