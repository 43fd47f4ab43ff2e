import { refuse } from "../../ir/types.js";
import { ints } from "../attribute.js";
import { defineCodec } from "../codec.js";

type Pair = [number, number];
type Pads = [number, number, number, number];

/** https://onnx.ai/onnx/operators/onnx__AveragePool.html; count_include_pad and ceil_mode are 0 by default. */
export const avgPool = defineCodec<"avg_pool">({
  operator: "AveragePool",
  encode({ attributes: { kernel, strides, pads } }, node) {
    node.node("AveragePool", node.operands, {
      kernel_shape: ints(kernel),
      strides: ints(strides),
      pads: ints(pads),
    });
  },
  decode(node) {
    const kernel = node.ints("kernel_shape") ?? refuse("kernel_shape is missing");
    const strides = node.ints("strides") ?? [1, 1];
    const pads = node.ints("pads") ?? [0, 0, 0, 0];
    if (kernel.length !== 2)
      refuse(`only windows over height and width are supported, got ${kernel.length} sizes`);
    if (node.string("auto_pad", "NOTSET") !== "NOTSET") refuse("auto_pad is not supported");
    node.expectInt("ceil_mode", 0, 0);
    // Without padding there is nothing to count.
    const counted = node.int("count_include_pad", 0) !== 0;
    if (counted && pads.some((pad) => pad !== 0)) refuse("count_include_pad is not supported");
    return {
      operands: [node.operand(0)],
      attributes: { kernel: [...kernel] as Pair, strides: [...strides] as Pair, pads: [...pads] as Pads },
    };
  },
});
