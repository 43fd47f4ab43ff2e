import type { Value } from "../../ir/graph.js";
import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { int, ints } from "./attribute.js";
import { defineCodec } from "./codec.js";
import { pairOf, readPads } from "./spatial.js";

/**
 * https://onnx.ai/onnx/operators/onnx__Conv.html, over two spatial axes. Pads are always written out: with
 * auto_pad some runtimes take a slow path, and SAME_UPPER depends on the input's size.
 */
export const conv = defineCodec<"conv">({
  operator: "Conv",
  encode(op, node) {
    const { strides, pads, dilations, group } = op.attributes;
    node.node("Conv", node.operands, {
      dilations: ints(dilations),
      group: int(group),
      kernel_shape: ints(kernelOf(op.operands[1], 2)),
      pads: ints(pads),
      strides: ints(strides),
    });
  },
  decode(node) {
    const [x, weight, bias] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
    const kernel = kernelOf(weight, 2);
    checkKernel(node, kernel);
    const strides = pairOf(node, "strides");
    const dilations = pairOf(node, "dilations");
    const pads = readPads(node, { x, kernel, strides, dilations }) as [number, number, number, number];
    return {
      operands: bias === undefined ? [x, weight] : [x, weight, bias],
      attributes: { strides, pads, dilations, group: node.int("group", 1) },
    };
  },
});

/** The sizes of the kernel, from the weight [outputs, inputs per group, ...sizes]. */
export function kernelOf(weight: Value | undefined, axes: number): readonly number[] {
  const dims = weight?.type.dims ?? [];
  if (dims.length !== axes + 2) {
    refuse(`only ${axes}-D convolutions are supported, the weight has ${dims.length} axes`);
  }
  return dims
    .slice(2)
    .map((dim) => (typeof dim === "number" ? dim : refuse(`the kernel's size ${dim} is open`)));
}

/** Refuses a kernel_shape that the weight doesn't have. */
export function checkKernel(node: NodeReader, kernel: readonly number[]): void {
  const declared = node.ints("kernel_shape") ?? kernel;
  if (declared.join() !== kernel.join()) refuse(`kernel_shape [${declared}] is not the weight's [${kernel}]`);
}
