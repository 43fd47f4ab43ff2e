import type { Value } from "../../ir/graph.js";
import type { AttributesInput } from "../../ir/ops/registry.js";
import { refuse, sameDims } from "../../ir/types.js";
import type { OnnxCodec } from "./codec.js";

/** The operator set as of which the operands of these operators are broadcast. */
const BROADCAST_OPSET = 8;

/** The codec of an operator on any number of tensors. */
export function variadicCodec<N extends "max" | "min" | "sum">(operator: string): OnnxCodec<N> {
  return {
    operator,
    encode(op, node) {
      checkBroadcast(op.operands, node.opset);
      node.node(operator, node.operands);
    },
    decode(node) {
      const operands = node.operandsFrom(0);
      checkBroadcast(operands, node.opset);
      // TypeScript doesn't see that no N has attributes.
      return { operands, attributes: {} as AttributesInput<N> };
    },
  };
}

function checkBroadcast(operands: readonly Value[], opset: number): void {
  const [first] = operands;
  if (
    opset < BROADCAST_OPSET &&
    !operands.every((each) => sameDims(each.type.dims, first?.type.dims ?? []))
  ) {
    refuse(`operands of different shapes can't be taken before opset ${BROADCAST_OPSET}`);
  }
}
