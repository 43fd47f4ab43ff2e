import { int, ints } from "./attribute.js";
import { defineCodec } from "./codec.js";
import { checkKernel, kernelOf } from "./conv.js";
import { numbers, readPads } from "./spatial.js";

/** https://onnx.ai/onnx/operators/onnx__Conv.html over one spatial axis; see also `conv`. */
export const conv1d = defineCodec<"conv_1d">({
  operator: "Conv",
  general: true,
  encode({ attributes, operands }, node) {
    const { stride, pads, dilation, group } = attributes;
    node.node("Conv", node.operands, {
      dilations: ints([dilation]),
      group: int(group),
      kernel_shape: ints(kernelOf(operands[1], 1)),
      pads: ints(pads),
      strides: ints([stride]),
    });
  },
  decode(node) {
    const [x, weight, bias] = [node.operand(0), node.operand(1), node.optionalOperand(2)];
    const kernel = kernelOf(weight, 1);
    checkKernel(node, kernel);
    const strides = numbers(node, "strides", 1, 1);
    const dilations = numbers(node, "dilations", 1, 1);
    const [before = 0, after = 0] = readPads(node, { x, kernel, strides, dilations });
    const [[stride = 1], [dilation = 1]] = [strides, dilations];
    return {
      operands: bias === undefined ? [x, weight] : [x, weight, bias],
      attributes: {
        stride,
        pads: [before, after],
        dilation,
        group: node.int("group", 1),
      },
    };
  },
});
