import * as z from "zod";
import { defineOp } from "../op.js";
import { operandAt } from "../tensor.js";
import { type Dim, elementCount, refuse, tensorType } from "../types.js";

export const reshape = defineOp({
  name: "reshape",
  level: "primitive",
  precision: "half",
  doc: "the same elements in another shape; 0 copies the size at that place, one -1 takes what is left",
  source: "https://onnx.ai/onnx/operators/onnx__Reshape.html (allowzero 0)",
  operands: ["x"],
  attributes: z.strictObject({ shape: z.array(z.int().min(-1)).min(1) }),
  infer(operands, { shape }) {
    const x = operandAt(operands, 0);
    return [tensorType(reshapedDims(x.dims, shape), x.dtype)];
  },
  evaluate(operands, { shape }) {
    const x = operandAt(operands, 0);
    return [{ dims: reshapedDims(x.dims, shape) as number[], data: x.data }];
  },
});

function reshapedDims(from: readonly Dim[], shape: readonly number[]): readonly Dim[] {
  const kept = shape.map((size, i) =>
    size === 0 ? (from[i] ?? refuse(`there is no size ${i} to copy`)) : size,
  );
  // A symbol is only ever copied, so the sizes that change are those that are left without the copied ones.
  const copied = new Set(shape.flatMap((size, i) => (size === 0 ? [i] : [])));
  const left = from.filter((_, i) => !copied.has(i));
  if (left.some((dim) => typeof dim === "string"))
    refuse(`[${from.join(", ")}] can't become [${shape.join(", ")}]`);
  const elements = elementCount(left as number[]);
  const open = shape.filter((size) => size === -1).length;
  const known = elementCount(shape.filter((size) => size > 0));
  if (open > 1 || elements % known !== 0 || (open === 0 && elements !== known)) {
    refuse(`[${from.join(", ")}] can't become [${shape.join(", ")}]`);
  }
  return kept.map((size) => (size === -1 ? elements / known : size));
}
