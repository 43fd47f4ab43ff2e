import type { AttributesInput, AttributesOf } from "../../ir/ops/registry.js";
import { refuse } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { int, ints, type OnnxAttributes } from "./attribute.js";
import { defineCodecs, type OnnxCodec } from "./codec.js";
import { pairOf, readPads, withPartWindows } from "./spatial.js";

type PoolOpName = "max_pool" | "avg_pool";

/** What one of the poolings has beside the attributes of both. */
interface OwnAttributes<N extends PoolOpName> {
  encode(attributes: AttributesOf<N>): OnnxAttributes;
  decode(node: NodeReader): Partial<AttributesInput<N>>;
}

/** The operator set that brought ceil_mode. */
const CEIL_OPSET = 10;

/**
 * The codec of a pooling over two spatial axes. Pads are written out, ceil_mode is 0: a window that reaches over the
 * end has its own pads, which no pooling looks at.
 */
function poolCodec<N extends PoolOpName>(operator: string, own: OwnAttributes<N>): OnnxCodec<N> {
  return {
    operator,
    encode(op, node) {
      const { kernel, strides, pads } = op.attributes;
      node.node(operator, node.operands, {
        ...(node.opset >= CEIL_OPSET && { ceil_mode: int(0) }),
        kernel_shape: ints(kernel),
        pads: ints(pads),
        strides: ints(strides),
        ...own.encode(op.attributes as AttributesOf<N>),
      });
    },
    decode(node: NodeReader) {
      const x = node.operand(0);
      const kernel = pairOf(node, "kernel_shape", () => refuse("its kernel_shape is missing"));
      const strides = pairOf(node, "strides");
      const dilations = pairOf(node, "dilations");
      if (dilations.some((each) => each !== 1)) refuse("dilations are not supported");
      const window = { x, kernel, strides, dilations };
      const pads = readPads(node, window);
      const wholeWindows = node.int("ceil_mode", 0) === 0;
      const attributes = {
        kernel,
        strides,
        pads: (wholeWindows ? pads : withPartWindows(window, pads)) as [number, number, number, number],
        ...own.decode(node),
      };
      if ("countPadding" in attributes && attributes.countPadding && attributes.pads.join() !== pads.join()) {
        refuse("ceil_mode with count_include_pad is not supported");
      }
      // Both poolings have the same attributes, which TypeScript doesn't see through N.
      return { operands: [x], attributes: attributes as AttributesInput<N> };
    },
  };
}

export const poolCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__AveragePool.html */
  avg_pool: poolCodec<"avg_pool">("AveragePool", {
    encode: ({ countPadding }) => (countPadding ? { count_include_pad: int(1) } : {}),
    decode: (node) => ({ countPadding: node.int("count_include_pad", 0) !== 0 }),
  }),

  /** https://onnx.ai/onnx/operators/onnx__MaxPool.html */
  max_pool: poolCodec<"max_pool">("MaxPool", {
    encode: () => ({}),
    decode(node) {
      node.expectInt("storage_order", 0, 0);
      return {};
    },
  }),
});
