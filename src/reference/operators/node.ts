import type { OpOf } from "../../ir/graph.js";
import type { Tensor } from "../../ir/tensor.js";
import { type DType, elementCount, refuse } from "../../ir/types.js";
import { WrittenNode } from "../../ir/written-node.js";

/** An operand of a node: its numbers, and what they are stored as. */
export interface NodeTensor extends Tensor {
  readonly dtype: DType;
}

/** Rounds what a quantisation makes whole numbers of: ties to even, unless a run is to show what other roundings do. */
export type Rounding = (unrounded: Float64Array) => Float64Array;

/** A node of a file that no op of the IR says, with the tensors that it reads. Attributes are those of ONNX. */
export class OperatorNode extends WrittenNode {
  readonly round: Rounding;
  readonly #inputs: readonly (NodeTensor | undefined)[];
  readonly #types: readonly DType[];

  constructor(op: OpOf<"opaque">, tensors: readonly Tensor[], round: Rounding) {
    super(op);
    this.round = round;
    const inputs: (NodeTensor | undefined)[] = [];
    op.operands.forEach(({ type: { dtype } }, i) => {
      const { dims = [], data = new Float64Array() } = tensors[i] ?? {};
      inputs[this.inputSlots[i] ?? i] = { dims, data, dtype };
    });
    this.#inputs = inputs;
    this.#types = op.results.map(({ type }) => type.dtype);
  }

  /** Refuses where it is missing. */
  input(index: number): NodeTensor {
    return this.#inputs[index] ?? refuse(`input ${index} is missing`);
  }

  optional(index: number): NodeTensor | undefined {
    return this.#inputs[index];
  }

  get inputs(): readonly NodeTensor[] {
    return this.#inputs.filter((each) => each !== undefined);
  }

  /** The element type of a result, as far as it is known. */
  resultType(index = 0): DType {
    return this.#types[index] ?? "other";
  }

  /** Whole numbers of an input, or of the attribute of older versions; undefined where there are neither. */
  integers(index: number, name: string): readonly number[] | undefined {
    const given = this.optional(index);
    return given === undefined ? this.numbers(name) : [...given.data];
  }
}

/** What an operator computes. Refuses (`refuse`) forms that it has no definition of here. */
export type Evaluator = (node: OperatorNode) => readonly Tensor[];

/** A tensor of whole numbers or of float64. */
export function tensorOf(dims: readonly number[], data: ArrayLike<number>): Tensor {
  return { dims, data: new Float64Array(data) };
}

/** The tensor whose element at each position is computed of that position's indexes. */
export function filled(
  dims: readonly number[],
  element: (at: readonly number[], index: number) => number,
): Tensor {
  const data = new Float64Array(elementCount(dims));
  const at = new Array<number>(dims.length).fill(0);
  for (let i = 0; i < data.length; i++) {
    data[i] = element(at, i);
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (dims[axis] as number)) break;
      at[axis] = 0;
    }
  }
  return { dims, data };
}

/** The position of indexes in a tensor of those strides. */
export function positionOf(at: readonly number[], strides: readonly number[]): number {
  let position = 0;
  for (let axis = 0; axis < strides.length; axis++) {
    position += (at[axis] as number) * (strides[axis] as number);
  }
  return position;
}

/** An axis counted from the first. Refuses one that there is not. */
export function axisFrom(axis: number, rank: number): number {
  const first = axis < 0 ? axis + rank : axis;
  return first >= 0 && first < Math.max(rank, 1) ? first : refuse(`there is no axis ${axis} of ${rank}`);
}

/** The sizes before an axis, of it, and after it, multiplied. */
export function aroundAxis(
  dims: readonly number[],
  axis: number,
): { readonly outer: number; readonly size: number; readonly inner: number } {
  return {
    outer: elementCount(dims.slice(0, axis)),
    size: dims[axis] ?? 1,
    inner: elementCount(dims.slice(axis + 1)),
  };
}
