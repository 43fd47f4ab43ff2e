import type { AttributesInput, AttributesOf } from "../../ir/ops/registry.js";
import { refuse } from "../../ir/types.js";
import { int, ints, type OnnxAttributes } from "../attribute.js";
import { defineCodec, type OnnxCodec } from "../codec.js";
import type { NodeReader } from "../node-reader.js";
import { fixedPads, numbers, pairOf } from "./spatial.js";

type PoolOpName = "max_pool" | "avg_pool";

/** What one of the poolings has beside the attributes of both. */
interface OwnAttributes<N extends PoolOpName> {
  encode(attributes: AttributesOf<N>): OnnxAttributes;
  decode(node: NodeReader): Partial<AttributesInput<N>>;
}

/**
 * The codec of a pooling over two spatial axes. Pads are written out, ceil_mode is 0: a window that reaches over the
 * end has its own pads.
 */
export function poolCodec<N extends PoolOpName>(operator: string, own: OwnAttributes<N>): OnnxCodec<N> {
  return defineCodec<N>({
    operator,
    encode(op, node) {
      const { kernel, strides, pads } = op.attributes;
      node.node(operator, node.operands, {
        ceil_mode: int(0),
        kernel_shape: ints(kernel),
        pads: ints(pads),
        strides: ints(strides),
        ...own.encode(op.attributes as AttributesOf<N>),
      });
    },
    decode(node: NodeReader) {
      node.expectInt("ceil_mode", 0, 0);
      if ((node.ints("dilations") ?? []).some((each) => each !== 1)) refuse("dilations are not supported");
      const [height, width] = numbers(node, "kernel_shape", 2, 0);
      const attributes = {
        kernel: [height, width] as [number, number],
        strides: pairOf(node, "strides"),
        pads: fixedPads(node),
        ...own.decode(node),
      };
      // Both poolings have the same attributes, which TypeScript doesn't see through N.
      return { operands: [node.operand(0)], attributes: attributes as AttributesInput<N> };
    },
  });
}
