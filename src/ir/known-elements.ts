import { elementCount } from "./types.js";
import type { BinaryWeightKind, WeightExpr } from "./weight.js";

const COMBINE: { readonly [K in BinaryWeightKind]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
};

/** The elements of a weight that follows from given numbers by arithmetic; undefined for one that is drawn, or computed by an op. */
export function elementsOf(weight: WeightExpr): Float64Array | undefined {
  switch (weight.kind) {
    case "constant":
      return new Float64Array(elementCount(weight.dims)).fill(weight.value);
    case "stored": {
      const elements = new Float64Array(elementCount(weight.dims));
      if (weight.data instanceof Float32Array) elements.set(weight.data);
      else weight.data.copyTo(elements, 0);
      return elements;
    }
    case "sqrt":
      return elementsOf(weight.of)?.map(Math.sqrt);
    case "add":
    case "sub":
    case "mul":
    case "div": {
      const [left, right] = [elementsOf(weight.left), elementsOf(weight.right)];
      return left && right && combined(COMBINE[weight.kind], left, right);
    }
    case "transpose":
      return transposed(weight.of);
    case "normal":
    case "uniform":
    case "computed":
      return undefined;
  }
}

/** The elements of a matrix column by column. */
function transposed(of: WeightExpr): Float64Array | undefined {
  const [rows = 0, columns = 0] = of.dims;
  const elements = elementsOf(of);
  return elements?.map((_, i) => elements[(i % rows) * columns + Math.floor(i / rows)] ?? Number.NaN);
}

/** Element by element; the shorter one has one number for all, or one for each index of the first axis. */
function combined(
  combine: (a: number, b: number) => number,
  left: Float64Array,
  right: Float64Array,
): Float64Array {
  const length = Math.max(left.length, right.length);
  const [before, behind] = [length / left.length, length / right.length];
  const at = (elements: Float64Array, i: number, each: number): number =>
    elements[Math.floor(i / each)] ?? Number.NaN;
  return Float64Array.from({ length }, (_, i) => combine(at(left, i, before), at(right, i, behind)));
}
