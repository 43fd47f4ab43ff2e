import { shortestDecimal } from "../../base/shortest-decimal.js";
import type { DType } from "../../ir/types.js";
import { numberDType, tensorType } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import { float } from "./attribute.js";
import { defineCodec } from "./codec.js";

/** What ONNX puts in place of a bound that is left out: the largest number of float32. */
const LARGEST = 3.4028234663852886e38;

/** Before this opset the bounds are attributes. */
const BOUND_INPUT_OPSET = 11;

/** https://onnx.ai/onnx/operators/onnx__Clip.html: the bounds are inputs, scalars of x's element type. */
export const clip = defineCodec<"clip">({
  operator: "Clip",
  encode(op, node) {
    const dtype = numberDType(op.operands[0]?.type ?? tensorType([]));
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
});

function readBound(node: NodeReader, index: number, absent: number, dtype: DType): number {
  const value = finite(node.number(index, absent));
  return shortestDecimal(value, Math.abs(value) < LARGEST ? dtype : "float32");
}

/** Infinite bounds bound nothing; neither does one that no number of x's type reaches. */
function finite(bound: number): number {
  return Math.min(Math.max(bound, -LARGEST), LARGEST);
}
