import { refuse } from "../../ir/types.js";
import { int } from "../attribute.js";
import { defineCodec } from "../codec.js";
import type { NodeReader } from "../node-reader.js";

/** https://onnx.ai/onnx/operators/onnx__Gemm.html with transB 1: x · weightᵀ + bias. */
export const gemm = defineCodec<"gemm">({
  operator: "Gemm",
  encode: (_op, node) => node.node("Gemm", node.operands, { transB: int(1) }),
  decode(node) {
    node.expectInt("transA", 0, 0);
    node.expectInt("transB", 1, 0);
    expectOne(node, "alpha");
    expectOne(node, "beta");
    const [x, weight, bias] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
    return { operands: bias === undefined ? [x, weight] : [x, weight, bias], attributes: {} };
  },
});

function expectOne(node: NodeReader, name: string): void {
  const factor = node.float(name, 1);
  if (factor !== 1) refuse(`${name} ${factor} is not supported, only 1 is`);
}
