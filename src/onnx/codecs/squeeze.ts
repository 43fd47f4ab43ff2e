import { refuse } from "../../ir/types.js";
import { fromFirst, readAxes, writeWithAxes } from "./axes.js";
import { defineCodec } from "./codec.js";

const AXES_INPUT_OPSET = 13;

/** https://onnx.ai/onnx/operators/onnx__Squeeze.html; a node without axes removes every axis of size 1. */
export const squeeze = defineCodec<"squeeze">({
  operator: "Squeeze",
  encode: (op, node) => writeWithAxes("Squeeze", node, op.attributes.axes, AXES_INPUT_OPSET),
  decode(node) {
    const x = node.operand(0);
    const { dims } = x.type;
    const axes = readAxes(node, AXES_INPUT_OPSET);
    if (axes === undefined && dims.some((dim) => typeof dim === "string")) {
      refuse("which axes have the size 1 is open");
    }
    const ones = dims.flatMap((dim, axis) => (dim === 1 ? [axis] : []));
    return { operands: [x], attributes: { axes: fromFirst(axes ?? ones, dims.length) } };
  },
});
