import type { AttributesInput } from "../../ir/ops/registry.js";
import { refuse } from "../../ir/types.js";
import { float } from "../attribute.js";
import type { OnnxCodec } from "../codec.js";

/** The slope and the shift of an operator without these attributes. */
const ABSENT_SLOPE = 0.2;
const SHIFT = 0.5;
/** Room for 1/6 in float32 or with seven digits; a slope that differs by more is another function. */
const SLOPE_TOLERANCE = 1e-6;

/** The codec of a hard sigmoid of one slope: of an op without attributes. */
export function hardSigmoidCodec<N extends "hard_sigmoid" | "hard_sigmoid_0.2">(slope: number): OnnxCodec<N> {
  return {
    operator: "HardSigmoid",
    encode: (_op, node) =>
      node.node("HardSigmoid", node.operands, { alpha: float(slope), beta: float(SHIFT) }),
    decode(node) {
      const alpha = node.float("alpha", ABSENT_SLOPE);
      const beta = node.float("beta", SHIFT);
      if (Math.abs(alpha - slope) > SLOPE_TOLERANCE || beta !== SHIFT) {
        refuse(`alpha ${alpha} and beta ${beta} are not ${Number(slope.toPrecision(6))} and 1/2`);
      }
      // TypeScript doesn't see that both N have no attributes.
      return { operands: [node.operand(0)], attributes: {} as AttributesInput<N> };
    },
  };
}

/** https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with alpha 1/6 and beta 1/2, as in MobileNetV3. */
export const hardSigmoid = hardSigmoidCodec<"hard_sigmoid">(1 / 6);
