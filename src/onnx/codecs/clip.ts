import type { DType } from "../../ir/types.js";
import { numberDType, refuse, tensorType } from "../../ir/types.js";
import { shortestDecimal } from "../attribute.js";
import { defineCodec } from "../codec.js";
import type { NodeReader } from "../node-reader.js";

/** What ONNX puts in place of a bound that is left out: the largest number of float32. */
const LARGEST = 3.4028234663852886e38;

/** https://onnx.ai/onnx/operators/onnx__Clip.html: the bounds are inputs, scalars of x's element type. */
export const clip = defineCodec<"clip">({
  operator: "Clip",
  encode(op, node) {
    const dtype = numberDType(op.operands[0]?.type ?? tensorType([]));
    const bound = (label: string, value: number): string =>
      node.constant(label, { dtype, dims: [] }, [value]);
    const { low, high } = op.attributes;
    node.node("Clip", [...node.operands, bound("low", low), bound("high", high)]);
  },
  decode(node) {
    const x = node.operand(0);
    const bound = (index: number, absent: number): number => readBound(node, index, absent, x.type.dtype);
    return { operands: [x], attributes: { low: bound(1, -LARGEST), high: bound(2, LARGEST) } };
  },
});

function readBound(node: NodeReader, index: number, absent: number, dtype: DType): number {
  const bound = node.constant(index) ?? [absent];
  const [value] = bound;
  if (value === undefined || bound.length !== 1)
    refuse(`input ${index} has ${bound.length} elements, not one`);
  // Infinite bounds bound nothing; neither does one that no number of x's type reaches.
  const finite = Math.min(Math.max(value, -LARGEST), LARGEST);
  return shortestDecimal(finite, Math.abs(finite) < LARGEST ? dtype : "float32");
}
