import { ints } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__Transpose.html; a node without perm reverses the axes. */
export const transpose = defineCodec<"transpose">({
  operator: "Transpose",
  encode: (op, node) => node.node("Transpose", node.operands, { perm: ints(op.attributes.permutation) }),
  decode(node) {
    const x = node.operand(0);
    const reversed = x.type.dims.map((_, axis) => axis).reverse();
    return { operands: [x], attributes: { permutation: [...(node.ints("perm") ?? reversed)] } };
  },
});
