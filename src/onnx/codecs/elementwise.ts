import { shortestDecimal } from "../../base/shortest-decimal.js";
import type { Value } from "../../ir/graph.js";
import { type AttributesInput, operandsOf } from "../../ir/ops/registry.js";
import { type DType, numberDType, refuse, sameDims } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { ELEMENT_TYPE, elementTypeOf } from "../file/proto.js";
import { float, int } from "./attribute.js";
import { defineCodecs, type OnnxCodec } from "./codec.js";

/** The operator set as of which the operands of these operators are broadcast. */
const BROADCAST_OPSET = 8;

/** The codec of an operator on any number of tensors. */
function variadicCodec<N extends "max" | "min" | "sum">(operator: string): OnnxCodec<N> {
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

/** What ONNX puts instead of a bound that is left out: the largest number of float32. */
const LARGEST = 3.4028234663852886e38;

/** Before this opset the bounds are attributes. */
const BOUND_INPUT_OPSET = 11;

function readBound(node: NodeReader, index: number, absent: number, dtype: DType): number {
  const value = finite(node.number(index, absent));
  return shortestDecimal(value, Math.abs(value) < LARGEST ? dtype : "float32");
}

/** Infinite bounds bound nothing; neither does one that no number of x's type reaches. */
function finite(bound: number): number {
  return Math.min(Math.max(bound, -LARGEST), LARGEST);
}

export const elementwiseCodecs = defineCodecs({
  /** https://onnx.ai/onnx/operators/onnx__Cast.html; `saturate` (opset 19) is about float8 alone. */
  cast: {
    operator: "Cast",
    encode: (op, node) => node.node("Cast", node.operands, { to: int(ELEMENT_TYPE[op.attributes.to]) }),
    decode(node) {
      const to = elementTypeOf(node.optionalInt("to") ?? refuse("its element type (to) is missing"));
      if (node.opset >= 19) node.int("saturate", 1);
      return { operands: [node.operand(0)], attributes: { to } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Clip.html: the bounds are inputs, scalars of x's element type. */
  clip: {
    operator: "Clip",
    encode(op, node) {
      const dtype = numberDType(operandsOf(op).x.type);
      const bound = (label: string, value: number): string =>
        node.constant(label, { dtype, dims: [] }, [value]);
      const { low, high } = op.attributes;
      if (node.opset < BOUND_INPUT_OPSET) {
        node.node("Clip", node.operands, { max: float(high), min: float(low) });
        return;
      }
      node.node("Clip", [...node.operands, bound("low", low), bound("high", high)]);
    },
    decode(node) {
      const x = node.operand(0);
      if (node.opset < BOUND_INPUT_OPSET) {
        const [low, high] = [node.float("min", -LARGEST), node.float("max", LARGEST)];
        return { operands: [x], attributes: { low: finite(low), high: finite(high) } };
      }
      const bound = (index: number, absent: number): number => readBound(node, index, absent, x.type.dtype);
      return { operands: [x], attributes: { low: bound(1, -LARGEST), high: bound(2, LARGEST) } };
    },
  },

  /** https://onnx.ai/onnx/operators/onnx__Max.html */
  max: variadicCodec("Max"),

  /** https://onnx.ai/onnx/operators/onnx__Min.html */
  min: variadicCodec("Min"),

  /** https://onnx.ai/onnx/operators/onnx__Sum.html */
  sum: variadicCodec("Sum"),
});
