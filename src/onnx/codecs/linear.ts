import type { OpOf } from "../../ir/graph.js";
import { numberDType, refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { float, int, type OnnxAttributes } from "./attribute.js";
import { defineCodecs, type NodeWriter } from "./codec.js";

/** The operator set as of which the last input may be left out. */
const OPTIONAL_BIAS_OPSET = 11;

/** The inputs of Gemm; a bias that there is not is a zero where it can't be left out. */
function gemmInputs({ operands, results }: OpOf<"gemm" | "general_gemm">, node: NodeWriter) {
  const [result] = results;
  if (result === undefined || operands.length > 2 || node.opset >= OPTIONAL_BIAS_OPSET) return node.operands;
  const columns = Number(result.type.dims[1] ?? 1);
  const zeros = new Array<number>(columns).fill(0);
  return [
    ...node.operands,
    node.constant("bias", { dtype: numberDType(result.type), dims: [columns] }, zeros),
  ];
}

function expectOne(node: NodeReader, name: string): void {
  const factor = node.float(name, 1);
  if (factor !== 1) refuse(`${name} ${factor} is not supported, only 1 is`);
}

export const linearCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__Gemm.html with transB 1: x · weightᵀ + bias. */
  gemm: {
    operator: "Gemm",
    encode: (op, node) => node.node("Gemm", gemmInputs(op, node), { transB: int(1) }),
    decode(node) {
      node.expectInt("transA", 0, 0);
      node.expectInt("transB", 1, 0);
      expectOne(node, "alpha");
      expectOne(node, "beta");
      const [x, weight, bias] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
      return { operands: bias === undefined ? [x, weight] : [x, weight, bias], attributes: {} };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Gemm.html in every form; see also `gemm`. */
  general_gemm: {
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
  },
});
