import * as z from "zod";
import { defineOp } from "../op.js";
import { floorQuotient, productOf } from "../sizes.js";
import { operandAt } from "../tensor.js";
import { type Dim, formatDims, refuse, tensorType } from "../types.js";

export const reshape = defineOp({
  name: "reshape",
  level: "primitive",
  precision: "half",
  doc: "the same elements in another shape; 0 copies the size at that place, one -1 takes what is left",
  source: "https://onnx.ai/onnx/operators/onnx__Reshape.html (allowzero 0)",
  operands: ["x"],
  attributes: z.strictObject({ shape: z.array(z.int().min(-1)).min(1) }),
  takesIntegers: true,
  moves: true,
  infer(operands, { shape }) {
    const x = operandAt(operands, 0);
    return [tensorType(reshapedDims(x.dims, shape), x.dtype)];
  },
  evaluate(operands, { shape }) {
    const x = operandAt(operands, 0);
    return [{ dims: reshapedDims(x.dims, shape) as number[], data: x.data }];
  },
});

/**
 * The sizes that a tensor of `from` gets. Refuses what certainly has another number of elements; a symbol in `shape` is
 * taken at its word, for a tensor that it doesn't fit can't be reshaped when the time comes.
 */
export function reshapedDims(from: readonly Dim[], shape: readonly Dim[]): readonly Dim[] {
  const cannot = (): never => refuse(`[${formatDims(from)}] can't become [${formatDims(shape)}]`);
  const sizes = shape.map((size, i) =>
    size === 0 ? (from[i] ?? refuse(`there is no size ${i} to copy`)) : size,
  );
  const known = sizes.filter((size) => size !== -1);
  // Equal sizes on both sides say nothing of the others, and need not be known.
  const left = [...from];
  const wanted = known.filter((size) => {
    const at = left.indexOf(size);
    if (at !== -1) left.splice(at, 1);
    return at === -1;
  });
  const [elements, taken] = [productOf(left), productOf(wanted)];
  switch (sizes.length - known.length) {
    case 0:
      return fits(elements, taken, wanted) ? sizes : cannot();
    case 1:
      if (typeof elements === "number" && typeof taken === "number" && elements % taken !== 0)
        return cannot();
      return sizes.map((size) => (size === -1 ? floorQuotient(elements, taken) : size));
    default:
      return cannot();
  }
}

/** Whether so many elements can be those of the wanted sizes. */
function fits(elements: Dim, taken: Dim, wanted: readonly Dim[]): boolean {
  return elements === taken || wanted.some((size) => typeof size === "string");
}
