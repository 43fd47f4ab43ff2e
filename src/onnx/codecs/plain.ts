import type { Value } from "../../ir/graph.js";
import type { AnyPlainOp } from "../../ir/op.js";
import { operandSlots } from "../../ir/operands.js";
import { type AttributesInput, ops, PLAIN_OP_NAMES, type PlainOpName } from "../../ir/ops/registry.js";
import type { NodeReader } from "../decode/node-reader.js";
import { float } from "./attribute.js";
import type { OnnxCodec } from "./codec.js";

/** The codecs that follow from the ops' definitions. */
export const plainCodecs = Object.fromEntries(
  PLAIN_OP_NAMES.map((name) => [name, plainCodec(name)]),
) as unknown as { readonly [N in PlainOpName]: OnnxCodec<N> };

/** The codec of an op whose definition says which operator it is, word by word. */
function plainCodec<N extends PlainOpName>(name: N): OnnxCodec<N> {
  const definition: AnyPlainOp = ops[name];
  const { operator, since, general, floats = {} } = definition.onnx;
  const named = Object.entries(floats);
  return {
    operator,
    ...(since !== undefined && { since }),
    ...(general && { general }),
    encode(op, node) {
      const given: Readonly<Record<string, unknown>> = op.attributes;
      const written = named.map(([own, theirs]) => [theirs, float(Number(given[own]))] as const);
      node.node(operator, node.operands, Object.fromEntries(written));
    },
    decode(node) {
      const absent: Readonly<Record<string, unknown>> = definition.attributes.parse({});
      const read = named.map(([own, theirs]) => [own, node.float(theirs, Number(absent[own]))] as const);
      // TypeScript can't follow the attributes through their names.
      const attributes = Object.fromEntries(read) as AttributesInput<N>;
      return { operands: operandsOf(definition, node), attributes };
    },
  };
}

function operandsOf({ operands }: AnyPlainOp, node: NodeReader): readonly Value[] {
  return operandSlots(operands).flatMap(({ count, shared }, i) => {
    const role = shared ? "trainable" : "fixed";
    return count === "optional" ? (node.optionalOperand(i, role) ?? []) : node.operand(i, role);
  });
}
