import { refuse } from "../../ir/types.js";
import { float } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** The slope and the shift of MobileNetV3's hard sigmoid. ONNX's own default slope is 0.2. */
export const SLOPE = 1 / 6;
export const SHIFT = 0.5;
/** Room for 1/6 in float32 or with seven digits; a slope that differs by more is another function. */
const SLOPE_TOLERANCE = 1e-6;

/** https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with alpha 1/6 and beta 1/2. */
export const hardSigmoid = defineCodec<"hard_sigmoid">({
  operator: "HardSigmoid",
  encode: (_op, node) => node.node("HardSigmoid", node.operands, { alpha: float(SLOPE), beta: float(SHIFT) }),
  decode(node) {
    const alpha = node.float("alpha", 0.2);
    const beta = node.float("beta", SHIFT);
    if (Math.abs(alpha - SLOPE) > SLOPE_TOLERANCE || beta !== SHIFT) {
      refuse(`alpha ${alpha} and beta ${beta} are not supported, only 1/6 and 1/2 are`);
    }
    return { operands: [node.operand(0)], attributes: {} };
  },
});
