import { refuse } from "../../ir/types.js";
import { int } from "./attribute.js";
import { axisOf, fromFirst, readAxes, writeWithAxes } from "./axes.js";
import { defineCodecs } from "./codec.js";

/** As of this opset the axes of Squeeze and Unsqueeze are an input. */
const AXES_INPUT_OPSET = 13;

/** The ONNX operator set as of which a part of the sizes can be asked for. */
const SHAPE_RANGE_OPSET = 15;

export const shapeCodecs = defineCodecs({
  /**
   * https://onnx.ai/onnx/operators/onnx__Reshape.html: the shape is an int64 input. A 0 copies a size; allowzero,
   * of opset 14, would make it a size of 0.
   */
  reshape: {
    operator: "Reshape",
    encode(op, node) {
      const { shape } = op.attributes;
      const input = node.constant("shape", { dtype: "int64", dims: [shape.length] }, shape);
      node.node("Reshape", [...node.operands, input]);
    },
    decode(node) {
      const shape = node.constant(1) ?? refuse("its shape is missing");
      if (node.int("allowzero", 0) !== 0 && shape.includes(0))
        refuse("allowzero with a size of 0 is not supported");
      return { operands: [node.operand(0)], attributes: { shape: [...shape] } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Reshape.html with a shape that is computed; see also `reshape`. */
  reshape_to: {
    operator: "Reshape",
    general: true,
    encode: (_op, node) => node.node("Reshape", node.operands),
    decode(node) {
      const [x, shape] = [node.operand(0), node.operand(1, "fixed")];
      if (node.int("allowzero", 0) !== 0) refuse("allowzero with a computed shape is not supported");
      return { operands: [x, shape], attributes: {} };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Flatten.html */
  flatten: {
    operator: "Flatten",
    encode: (op, node) => node.node("Flatten", node.operands, { axis: int(op.attributes.axis) }),
    decode(node) {
      const x = node.operand(0);
      return { operands: [x], attributes: { axis: axisOf(x, node.int("axis", 1)) } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Squeeze.html; a node without axes removes every axis of size 1. */
  squeeze: {
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
  },

  /** https://onnx.ai/onnx/operators/onnx__Unsqueeze.html */
  unsqueeze: {
    operator: "Unsqueeze",
    encode: (op, node) => writeWithAxes("Unsqueeze", node, op.attributes.axes, AXES_INPUT_OPSET),
    decode(node) {
      const x = node.operand(0);
      const axes = readAxes(node, AXES_INPUT_OPSET) ?? refuse("its axes are missing");
      return { operands: [x], attributes: { axes: fromFirst(axes, x.type.dims.length + axes.length) } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Shape.html: start and end came with opset 15. */
  shape: {
    operator: "Shape",
    encode({ attributes: { start, end } }, node) {
      const range = {
        ...(start !== 0 && { start: int(start) }),
        ...(end !== undefined && { end: int(end) }),
      };
      if (node.opset < SHAPE_RANGE_OPSET && Object.keys(range).length > 0) {
        refuse(`a part of the sizes can't be asked for before opset ${SHAPE_RANGE_OPSET}`);
      }
      node.node("Shape", node.operands, range);
    },
    decode(node) {
      const x = node.operand(0);
      if (node.opset < SHAPE_RANGE_OPSET) return { operands: [x], attributes: {} };
      const end = node.optionalInt("end");
      return {
        operands: [x],
        attributes: { start: node.int("start", 0), ...(end !== undefined && { end }) },
      };
    },
  },
});
