import { float, int, type OnnxAttributes } from "./attribute.js";
import { defineCodec } from "./codec.js";
import { gemmInputs } from "./gemm.js";

/** https://onnx.ai/onnx/operators/onnx__Gemm.html in every form; see also `gemm`. */
export const generalGemm = defineCodec<"general_gemm">({
  operator: "Gemm",
  general: true,
  encode(op, node) {
    const { alpha, beta, transposeA, transposeB } = op.attributes;
    const written: OnnxAttributes = {
      ...(alpha !== 1 && { alpha: float(alpha) }),
      ...(beta !== 1 && { beta: float(beta) }),
      ...(transposeA && { transA: int(1) }),
      ...(transposeB && { transB: int(1) }),
    };
    node.node("Gemm", gemmInputs(op, node), written);
  },
  decode(node) {
    const [a, b, c] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
    return {
      operands: c === undefined ? [a, b] : [a, b, c],
      attributes: {
        alpha: node.float("alpha", 1),
        beta: node.float("beta", 1),
        transposeA: node.int("transA", 0) !== 0,
        transposeB: node.int("transB", 0) !== 0,
      },
    };
  },
});
