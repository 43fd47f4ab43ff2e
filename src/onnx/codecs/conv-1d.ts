import type { Value } from "../../ir/graph.js";
import { refuse } from "../../ir/types.js";
import { int, ints } from "../attribute.js";
import { defineCodec } from "../codec.js";
import { numbers } from "./spatial.js";

/** https://onnx.ai/onnx/operators/onnx__Conv.html, over one spatial axis. */
export const conv1d = defineCodec<"conv_1d">({
  operator: "Conv",
  encode(op, node) {
    const { stride, pads, dilation, group } = op.attributes;
    node.node("Conv", node.operands, {
      dilations: ints([dilation]),
      group: int(group),
      kernel_shape: ints([kernelOf(op.operands[1])]),
      pads: ints(pads),
      strides: ints([stride]),
    });
  },
  decode(node) {
    const [x, weight, bias] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
    const kernel = kernelOf(weight);
    const declared = node.ints("kernel_shape") ?? [kernel];
    if (declared.join() !== String(kernel))
      refuse(`kernel_shape [${declared}] is not the weight's [${kernel}]`);
    const autoPad = node.string("auto_pad", "NOTSET");
    if (autoPad !== "NOTSET" && autoPad !== "VALID") refuse(`auto_pad ${autoPad} is not supported`);
    const [stride = 1] = numbers(node, "strides", 1, 1);
    const [dilation = 1] = numbers(node, "dilations", 1, 1);
    return {
      operands: bias === undefined ? [x, weight] : [x, weight, bias],
      attributes: {
        stride,
        pads: numbers(node, "pads", 2, 0) as [number, number],
        dilation,
        group: node.int("group", 1),
      },
    };
  },
});

/** Length of the kernel, from the weight [outputs, inputs per group, length]. */
function kernelOf(weight: Value | undefined): number {
  const dims = weight?.type.dims ?? [];
  const [, , length] = dims;
  if (dims.length !== 3) refuse(`the weight of a 1-D convolution has three axes, this one ${dims.length}`);
  return typeof length === "number" ? length : refuse(`the kernel's size ${length} is open`);
}
