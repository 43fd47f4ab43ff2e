import { shortestDecimal } from "../../base/shortest-decimal.js";
import { refuse } from "../../ir/types.js";
import { float } from "./attribute.js";
import { defineCodecs } from "./codec.js";

/** As of this opset the rate is an input, and so is whether the network trains. */
const RATE_INPUT_OPSET = 12;

export const trainingCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__Dropout.html at inference, when it hands on its operand. */
  dropout: {
    operator: "Dropout",
    encode({ attributes: { rate } }, node) {
      if (node.opset < RATE_INPUT_OPSET) {
        node.node("Dropout", node.operands, { ratio: float(rate) });
        return;
      }
      const ratio = node.constant("ratio", { dtype: "float32", dims: [] }, [rate]);
      node.node("Dropout", [...node.operands, ratio]);
    },
    decode(node) {
      const x = node.operand(0);
      if (node.opset < RATE_INPUT_OPSET)
        return { operands: [x], attributes: { rate: node.float("ratio", 0.5) } };
      // The seed is of interest in training alone.
      node.optionalInt("seed");
      if ((node.constant(2) ?? [0]).some((training) => training !== 0))
        refuse("training_mode is not supported");
      return { operands: [x], attributes: { rate: shortestDecimal(node.number(1, 0.5)) } };
    },
  },
});
