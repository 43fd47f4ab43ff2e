import { refuse } from "../../ir/types.js";
import { defineCodec } from "../codec.js";
import type { NodeReader } from "../node-reader.js";

/** https://onnx.ai/onnx/operators/onnx__Slice.html: starts, ends, axes and steps are int64 inputs. */
export const slice = defineCodec<"slice">({
  operator: "Slice",
  encode({ attributes: { axis, start, end } }, node) {
    const vector = (label: string, value: number): string =>
      node.constant(label, { dtype: "int64", dims: [1] }, [value]);
    node.node("Slice", [...node.operands, vector("start", start), vector("end", end), vector("axis", axis)]);
  },
  decode(node) {
    const x = node.operand(0);
    const rank = x.type.dims.length;
    const [start, end] = [onlyOne(node, 1), onlyOne(node, 2)];
    const axis = onlyOne(node, 3, 0);
    const step = onlyOne(node, 4, 1);
    if (step !== 1) refuse(`a step of ${step} is not supported, only 1 is`);
    const ownAxis = axis < 0 ? axis + rank : axis;
    const size = x.type.dims[ownAxis];
    if (typeof size !== "number") refuse(`x has no axis ${axis} of known size`);
    const inside = (place: number): number => Math.min(Math.max(place < 0 ? place + size : place, 0), size);
    return { operands: [x], attributes: { axis: ownAxis, start: inside(start), end: inside(end) } };
  },
});

function onlyOne(node: NodeReader, index: number, absent?: number): number {
  const values = node.constant(index) ?? (absent === undefined ? [] : [absent]);
  const [value] = values;
  if (value === undefined || values.length !== 1) refuse(`input ${index} must have one element`);
  return value;
}
