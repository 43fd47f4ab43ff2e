import { shortestDecimal } from "../../base/shortest-decimal.js";
import { refuse } from "../../ir/types.js";
import { float, int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodecs } from "./codec.js";

/** Before this opset a node that has more outputs than the first is one in training mode. */
const MODE_OPSET = 14;

/** As of this opset there are always as many statistics as channels; before, `spatial` says so. */
const CHANNELS_OPSET = 9;

export const normCodecs = defineCodecs({
  /**
   * https://onnx.ai/onnx/operators/onnx__BatchNormalization.html. ONNX's momentum is the share that the running
   * statistics keep, the IR's the share that the batch gets. As of opset 14 the node says training_mode; its
   * default, and the only mode with one output before, is inference.
   */
  batch_norm: {
    operator: "BatchNormalization",
    encode(op, node) {
      const { epsilon, momentum } = op.attributes;
      node.node("BatchNormalization", node.operands, {
        epsilon: float(epsilon),
        momentum: float(1 - momentum),
      });
    },
    decode(node) {
      node.expectInt("training_mode", 0, 0);
      if (node.opset < MODE_OPSET && node.hasMoreOutputs) refuse("its training mode is not supported");
      if (node.opset < CHANNELS_OPSET) node.expectInt("spatial", 1, 1);
      return {
        operands: [
          node.operand(0),
          node.operand(1),
          node.operand(2),
          node.operand(3, "buffer"),
          node.operand(4, "buffer"),
        ],
        attributes: {
          epsilon: node.float("epsilon", 1e-5),
          momentum: shortestDecimal(1 - node.float("momentum", 0.9)),
        },
      };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__LayerNormalization.html, with the statistics in float32 (stash_type 1). */
  layer_norm: {
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
  },
});
