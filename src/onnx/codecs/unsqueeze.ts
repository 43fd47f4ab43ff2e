import { refuse } from "../../ir/types.js";
import { fromFirst, readAxes, writeWithAxes } from "./axes.js";
import { defineCodec } from "./codec.js";

const AXES_INPUT_OPSET = 13;

/** https://onnx.ai/onnx/operators/onnx__Unsqueeze.html */
export const unsqueeze = defineCodec<"unsqueeze">({
  operator: "Unsqueeze",
  encode: (op, node) => writeWithAxes("Unsqueeze", node, op.attributes.axes, AXES_INPUT_OPSET),
  decode(node) {
    const x = node.operand(0);
    const axes = readAxes(node, AXES_INPUT_OPSET) ?? refuse("its axes are missing");
    return { operands: [x], attributes: { axes: fromFirst(axes, x.type.dims.length + axes.length) } };
  },
});
