import type { AttributesInput } from "../../ir/ops/registry.js";
import { refuse, type TensorType } from "../../ir/types.js";
import { int } from "./attribute.js";
import { axisOf } from "./axes.js";
import type { OnnxCodec } from "./codec.js";

/** Before this opset the sum is over the axis and all after it, and the axis is 1 by default. */
const ONE_AXIS_OPSET = 13;

/** The codec of Softmax or LogSoftmax: as of opset 13 along one axis, by default the last. */
export function softmaxCodec<N extends "softmax" | "log_softmax">(operator: string): OnnxCodec<N> {
  return {
    operator,
    encode({ operands: [x], attributes: { axis } }, node) {
      if (node.opset < ONE_AXIS_OPSET) expectLast(x?.type, axis);
      node.node(operator, node.operands, { axis: int(axis) });
    },
    decode(node) {
      const x = node.operand(0);
      const axis = axisOf(x, node.int("axis", node.opset < ONE_AXIS_OPSET ? 1 : -1));
      if (node.opset < ONE_AXIS_OPSET) expectLast(x.type, axis);
      // TypeScript doesn't see that both N have this attribute.
      return { operands: [x], attributes: { axis } as AttributesInput<N> };
    },
  };
}

/** Refuses an axis that has more than one place behind it, where the two meanings differ. */
function expectLast(type: TensorType | undefined, axis: number): void {
  if (type?.dims.slice(axis + 1).some((size) => size !== 1)) {
    refuse(`before opset ${ONE_AXIS_OPSET} the sum is over all axes from ${axis} on`);
  }
}
