import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { int, ints } from "./attribute.js";
import { axisOf } from "./axes.js";
import { defineCodecs } from "./codec.js";

/** Before this opset start, end and axis are attributes, and there is no step. */
const RANGE_INPUT_OPSET = 10;

interface Range {
  readonly start: number;
  readonly end: number;
  readonly axis: number;
  readonly step: number;
}

function ofInputs(node: NodeReader): Range {
  return { start: node.number(1), end: node.number(2), axis: node.number(3, 0), step: node.number(4, 1) };
}

function ofAttributes(node: NodeReader): Range {
  const only = (name: string, absent?: readonly number[]): number => {
    const [value, ...more] = node.ints(name) ?? absent ?? [];
    return value === undefined || more.length > 0 ? refuse(`${name} must have one number`) : value;
  };
  return { start: only("starts"), end: only("ends"), axis: only("axes", [0]), step: 1 };
}

export const moveCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__Transpose.html; a node without perm reverses the axes. */
  transpose: {
    operator: "Transpose",
    encode: (op, node) => node.node("Transpose", node.operands, { perm: ints(op.attributes.permutation) }),
    decode(node) {
      const x = node.operand(0);
      const reversed = x.type.dims.map((_, axis) => axis).reverse();
      return { operands: [x], attributes: { permutation: [...(node.ints("perm") ?? reversed)] } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Slice.html: starts, ends, axes and steps are int64 inputs. */
  slice: {
    operator: "Slice",
    encode({ attributes: { axis, start, end } }, node) {
      if (node.opset < RANGE_INPUT_OPSET) {
        node.node("Slice", node.operands, { axes: ints([axis]), ends: ints([end]), starts: ints([start]) });
        return;
      }
      const vector = (label: string, value: number): string =>
        node.constant(label, { dtype: "int64", dims: [1] }, [value]);
      node.node("Slice", [
        ...node.operands,
        vector("start", start),
        vector("end", end),
        vector("axis", axis),
      ]);
    },
    decode(node) {
      const x = node.operand(0);
      const range = node.opset < RANGE_INPUT_OPSET ? ofAttributes(node) : ofInputs(node);
      if (range.step !== 1) refuse(`a step of ${range.step} is not supported, only 1 is`);
      const axis = axisOf(x, range.axis);
      const size = x.type.dims[axis];
      if (typeof size !== "number") refuse(`x has no axis ${range.axis} of known size`);
      const inside = (position: number): number =>
        Math.min(Math.max(position < 0 ? position + size : position, 0), size);
      return { operands: [x], attributes: { axis, start: inside(range.start), end: inside(range.end) } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Concat.html */
  concat: {
    operator: "Concat",
    encode: (op, node) => node.node("Concat", node.operands, { axis: int(op.attributes.axis) }),
    decode(node) {
      const operands = node.operandsFrom(0);
      const [first] = operands;
      const axis = node.optionalInt("axis") ?? refuse("its axis is missing");
      return { operands, attributes: { axis: first === undefined ? axis : axisOf(first, axis) } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Gather.html */
  gather: {
    operator: "Gather",
    encode: (op, node) => node.node("Gather", node.operands, { axis: int(op.attributes.axis) }),
    decode(node) {
      const [x, indices] = [node.operand(0), node.operand(1, "fixed")];
      return { operands: [x, indices], attributes: { axis: axisOf(x, node.int("axis", 0)) } };
    },
  },
});
