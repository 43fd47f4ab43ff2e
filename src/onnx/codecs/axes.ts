import type { Value } from "../../ir/graph.js";
import type { NodeReader } from "../decode/node-reader.js";
import { ints, type OnnxAttributes } from "./attribute.js";
import type { NodeWriter } from "./codec.js";

// Axes were an attribute at first; each operator took them as an input as of an opset of its own.

/** Writes a node of one operand whose axes are an input as of `inputOpset`. */
export function writeWithAxes(
  operator: string,
  node: NodeWriter,
  axes: readonly number[],
  inputOpset: number,
  attributes: OnnxAttributes = {},
): void {
  if (node.opset < inputOpset) {
    node.node(operator, node.operands, { axes: ints(axes), ...attributes });
    return;
  }
  const input = node.constant("axes", { dtype: "int64", dims: [axes.length] }, axes);
  node.node(operator, [...node.operands, input], attributes);
}

/** The axes of a node, which may be negative; undefined where it names none. */
export function readAxes(node: NodeReader, inputOpset: number): readonly number[] | undefined {
  return node.opset < inputOpset ? node.ints("axes") : node.constant(1);
}

/** Axes counted from the first, of a tensor of that rank. */
export function fromFirst(axes: readonly number[], rank: number): number[] {
  return axes.map((axis) => (axis < 0 ? axis + rank : axis));
}

/** An axis of x counted from the first. */
export function axisOf(x: Value, axis: number): number {
  return axis < 0 ? axis + x.type.dims.length : axis;
}
