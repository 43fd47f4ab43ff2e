import { refuse } from "../../ir/types.js";
import { int } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** The ONNX operator set as of which a part of the sizes can be asked for. */
const SHAPE_RANGE_OPSET = 15;

/** https://onnx.ai/onnx/operators/onnx__Shape.html: start and end came with opset 15. */
export const shape = defineCodec<"shape">({
  operator: "Shape",
  encode({ attributes: { start, end } }, node) {
    const range = { ...(start !== 0 && { start: int(start) }), ...(end !== undefined && { end: int(end) }) };
    if (node.opset < SHAPE_RANGE_OPSET && Object.keys(range).length > 0) {
      refuse(`a part of the sizes can't be asked for before opset ${SHAPE_RANGE_OPSET}`);
    }
    node.node("Shape", node.operands, range);
  },
  decode(node) {
    const x = node.operand(0);
    if (node.opset < SHAPE_RANGE_OPSET) return { operands: [x], attributes: {} };
    const end = node.optionalInt("end");
    return { operands: [x], attributes: { start: node.int("start", 0), ...(end !== undefined && { end }) } };
  },
});
