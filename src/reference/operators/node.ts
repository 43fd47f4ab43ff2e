import type { OpOf } from "../../ir/graph.js";
import type { Tensor } from "../../ir/tensor.js";
import { type DType, elementCount, refuse } from "../../ir/types.js";

/** An operand of a node: its numbers, and what they are stored as. */
export interface NodeTensor extends Tensor {
  readonly dtype: DType;
}

/** Rounds what a quantisation makes whole numbers of: ties to even, unless a run is to show what other roundings do. */
export type Rounding = (unrounded: Float64Array) => Float64Array;

/** A node of a file that no op of the IR says, with the tensors that it reads. Attributes are those of ONNX. */
export class OperatorNode {
  readonly operator: string;
  readonly round: Rounding;
  /** Which of the operator's outputs each result is: those that have a name. */
  readonly slots: readonly number[];
  readonly #inputs: readonly (NodeTensor | undefined)[];
  readonly #attributes: ReadonlyMap<string, string>;
  readonly #types: readonly DType[];

  constructor(
    { attributes, operands, results }: OpOf<"opaque">,
    tensors: readonly Tensor[],
    round: Rounding,
  ) {
    const { operator, written } = attributes;
    this.operator = operator;
    this.round = round;
    this.#attributes = new Map(written);
    const isLeftOut = this.#leftOut("inputs left out");
    const given = operands.map(
      (value, i): NodeTensor => ({
        dims: tensors[i]?.dims ?? [],
        data: tensors[i]?.data ?? new Float64Array(),
        dtype: value.type.dtype,
      }),
    );
    const inputs: (NodeTensor | undefined)[] = [];
    for (let slot = 0; given.length > 0; slot++) inputs.push(isLeftOut(slot) ? undefined : given.shift());
    this.#inputs = inputs;
    this.#types = results.map(({ type }) => type.dtype);
    const isUnnamed = this.#leftOut("outputs left out");
    const slots: number[] = [];
    for (let slot = 0; slots.length < results.length; slot++) if (!isUnnamed(slot)) slots.push(slot);
    this.slots = slots;
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

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  number(name: string, absent: number): number {
    const value = this.#parsed(name);
    return value === undefined ? absent : typeof value === "number" ? value : this.#unread(name);
  }

  numbers(name: string): readonly number[] | undefined {
    const value = this.#parsed(name);
    if (value === undefined) return undefined;
    return Array.isArray(value) && value.every((each) => typeof each === "number")
      ? value
      : this.#unread(name);
  }

  string(name: string, absent: string): string {
    const value = this.#parsed(name);
    return value === undefined ? absent : typeof value === "string" ? value : this.#unread(name);
  }

  /** The elements of an attribute that is a small tensor, `float32[1](0)`. */
  tensor(name: string): readonly number[] | undefined {
    const text = this.#attributes.get(name);
    if (text === undefined) return undefined;
    const elements = /^\w+\[[\d, ]*\]\((.*)\)$/.exec(text)?.[1] ?? this.#unread(name);
    return elements === "" ? [] : elements.split(", ").map(Number);
  }

  /** Whole numbers of an input, or of the attribute of older versions; undefined where there are neither. */
  integers(index: number, name: string): readonly number[] | undefined {
    const given = this.optional(index);
    return given === undefined ? this.numbers(name) : [...given.data];
  }

  #leftOut(name: string): (slot: number) => boolean {
    const text = this.#attributes.get(name);
    const slots = new Set(text?.split(",").map(Number));
    return (slot) => slots.has(slot);
  }

  #parsed(name: string): unknown {
    const text = this.#attributes.get(name);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      return this.#unread(name);
    }
  }

  #unread(name: string): never {
    return refuse(`its attribute ${name} can't be read`);
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
