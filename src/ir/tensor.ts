import { elementCount } from "./types.js";

/** A tensor of the reference interpreter: row-major float64 numbers; float16 ones are rounded to that. */
export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

export function zeros(dims: readonly number[]): Tensor {
  return { dims, data: new Float64Array(elementCount(dims)) };
}

/** An operand that the verifier has shown to be there. */
export function operandAt<T>(operands: ArrayLike<T>, index: number): T {
  const operand = operands[index];
  if (operand === undefined) throw new RangeError(`operand ${index} of ${operands.length}`);
  return operand;
}

/** The sizes of a feature map. */
export function nchw(tensor: Tensor): [number, number, number, number] {
  const [n, c, h, w] = tensor.dims;
  if (n === undefined || c === undefined || h === undefined || w === undefined) {
    throw new RangeError(`a feature map has four sizes, got [${tensor.dims.join(", ")}]`);
  }
  return [n, c, h, w];
}
