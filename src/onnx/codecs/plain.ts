import { operandPlaces } from "../../ir/operands.js";
import { type AttributesInput, definitionOf } from "../../ir/ops/registry.js";
import type { OnnxCodec } from "./codec.js";

/** Ops without attributes, which are one operator without attributes in every opset that has it. */
type PlainOpName =
  | "abs"
  | "add"
  | "ceil"
  | "div"
  | "erf"
  | "exp"
  | "floor"
  | "global_avg_pool"
  | "global_max_pool"
  | "hard_swish"
  | "identity"
  | "log"
  | "matmul"
  | "mul"
  | "neg"
  | "pow"
  | "prelu"
  | "reciprocal"
  | "relu"
  | "sigmoid"
  | "softplus"
  | "sqrt"
  | "sub"
  | "tanh";

/** The codec of an op that is the ONNX operator of the same operands. */
export function plainCodec<N extends PlainOpName>(op: N, operator: string, since?: number): OnnxCodec<N> {
  return {
    operator,
    ...(since === undefined ? {} : { since }),
    encode: (_op, node) => node.node(operator, node.operands),
    decode: (node) => ({
      operands: operandPlaces(definitionOf(op).operands).map((_, i) => node.operand(i)),
      // TypeScript doesn't see that every N of the list has no attributes.
      attributes: {} as AttributesInput<N>,
    }),
  };
}
