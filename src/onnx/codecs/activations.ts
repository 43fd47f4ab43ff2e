import type { AttributesInput } from "../../ir/ops/registry.js";
import { refuse, type TensorType } from "../../ir/types.js";
import { float, int } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodecs, type OnnxCodec } from "./codec.js";

/** Before this opset the sum is over the axis and all after it, and the axis is 1 by default. */
const ONE_AXIS_OPSET = 13;

/** The codec of Softmax or LogSoftmax: as of opset 13 along one axis, by default the last. */
function softmaxCodec<N extends "softmax" | "log_softmax">(operator: string): OnnxCodec<N> {
  return {
    operator,
    encode({ operands: [x], attributes: { axis } }, node) {
      if (node.opset < ONE_AXIS_OPSET) expectLast(x?.type, axis);
      node.node(operator, node.operands, { axis: int(axis) });
    },
    decode(node) {
      const x = node.operand(0);
      const axis = axisOf(x, node.int("axis", node.opset < ONE_AXIS_OPSET ? 1 : -1));
      if (node.opset < ONE_AXIS_OPSET) expectLast(x.type, axis);
      // TypeScript doesn't see that both N have this attribute.
      return { operands: [x], attributes: { axis } as AttributesInput<N> };
    },
  };
}

/** Refuses an axis that has more than one position behind it, where the two meanings differ. */
function expectLast(type: TensorType | undefined, axis: number): void {
  if (type?.dims.slice(axis + 1).some((size) => size !== 1)) {
    refuse(`before opset ${ONE_AXIS_OPSET} the sum is over all axes from ${axis} on`);
  }
}

/** The slope and the shift of MobileNetV3's hard sigmoid. ONNX's own default slope is 0.2. */
const SLOPE = 1 / 6;
const SHIFT = 0.5;
/** Room for 1/6 in float32 or with seven digits; a slope that differs by more is another function. */
const SLOPE_TOLERANCE = 1e-6;

export const activationCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__HardSigmoid.html with alpha 1/6 and beta 1/2. */
  hard_sigmoid: {
    operator: "HardSigmoid",
    encode: (_op, node) =>
      node.node("HardSigmoid", node.operands, { alpha: float(SLOPE), beta: float(SHIFT) }),
    decode(node) {
      const alpha = node.float("alpha", 0.2);
      const beta = node.float("beta", SHIFT);
      if (Math.abs(alpha - SLOPE) > SLOPE_TOLERANCE || beta !== SHIFT) {
        refuse(`alpha ${alpha} and beta ${beta} are not supported, only 1/6 and 1/2 are`);
      }
      return { operands: [node.operand(0)], attributes: {} };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Softmax.html */
  softmax: softmaxCodec("Softmax"),

  /** https://onnx.ai/onnx/operators/onnx__LogSoftmax.html */
  log_softmax: softmaxCodec("LogSoftmax"),
});
