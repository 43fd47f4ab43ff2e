import { float, int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodec } from "./codec.js";

/** https://onnx.ai/onnx/operators/onnx__LayerNormalization.html, with the statistics in float32 (stash_type 1). */
export const layerNorm = defineCodec<"layer_norm">({
  operator: "LayerNormalization",
  since: 17,
  encode({ attributes: { axis, epsilon } }, node) {
    node.node("LayerNormalization", node.operands, { axis: int(axis), epsilon: float(epsilon) });
  },
  decode(node) {
    const [x, scale, shift] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
    node.expectInt("stash_type", 1, 1);
    return {
      operands: shift === undefined ? [x, scale] : [x, scale, shift],
      attributes: { axis: axisOf(x, node.int("axis", -1)), epsilon: node.float("epsilon", 1e-5) },
    };
  },
});
