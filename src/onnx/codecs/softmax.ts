import { refuse, type TensorType } from "../../ir/types.js";
import { int } from "../attribute.js";
import { defineCodec } from "../codec.js";
import { axisOf } from "./axes.js";

/** Before this opset the sum is over the axis and all after it, and the axis is 1 by default. */
const ONE_AXIS_OPSET = 13;

/** https://onnx.ai/onnx/operators/onnx__Softmax.html: as of opset 13 along one axis, by default the last. */
export const softmax = defineCodec<"softmax">({
  operator: "Softmax",
  encode({ operands: [x], attributes: { axis } }, node) {
    if (node.opset < ONE_AXIS_OPSET) expectLast(x?.type, axis);
    node.node("Softmax", node.operands, { axis: int(axis) });
  },
  decode(node) {
    const x = node.operand(0);
    const axis = axisOf(x, node.int("axis", node.opset < ONE_AXIS_OPSET ? 1 : -1));
    if (node.opset < ONE_AXIS_OPSET) expectLast(x.type, axis);
    return { operands: [x], attributes: { axis } };
  },
});

/** Refuses an axis that has more than one place behind it, where the two meanings differ. */
function expectLast(type: TensorType | undefined, axis: number): void {
  if (type?.dims.slice(axis + 1).some((size) => size !== 1)) {
    refuse(`before opset ${ONE_AXIS_OPSET} the sum is over all axes from ${axis} on`);
  }
}
