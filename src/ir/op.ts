import * as z from "zod";
import type { Tensor } from "./tensor.js";
import type { TensorType } from "./types.js";

// Each schema checks a few values in one run, so zod's just-in-time code would cost more than it saves.
z.config({ jitless: true });

/**
 * `model`: an operation as papers name it (an attention gate, SiLU, drop path); passes lower it before
 * export. `primitive`: one ONNX operator.
 */
export type Level = "model" | "primitive";

/** What an op costs for operands of known size. `macs`: multiply-accumulates of convolutions and products. */
export interface Cost {
  readonly macs: number;
}

export type AttributeSchema = z.ZodObject;

/**
 * Everything that is true of an op, in one place. Functions get operands in the order of `operands`;
 * a name that ends in `?` marks an operand that may be absent (only at the end of the list), one that ends in
 * `...` the last of the list, which stands for any number of operands.
 */
export interface OpDefinition<N extends string = string, A extends AttributeSchema = AttributeSchema> {
  readonly name: N;
  readonly level: Level;
  /** One line: what it computes, as an equation where that is possible. */
  readonly doc: string;
  /** The paper and section, or the operator page, that defines it. */
  readonly source: string;
  readonly operands: readonly string[];
  readonly attributes: A;
  /** Random in training and the identity of its operand at inference; absent for every other op. */
  readonly trainingOnly?: true;
  /** The types of the results; refuses (`refuse`) operands and attributes that do not go together. */
  infer(operands: readonly TensorType[], attributes: z.output<A>): readonly TensorType[];
  /** Operands with concrete sizes; an op without `cost` has no convolution and no matrix product. */
  cost?(operands: readonly TensorType[], results: readonly TensorType[], attributes: z.output<A>): Cost;
  /** The definition as a program: float64, plain, independent of how the op is lowered or exported. */
  evaluate(operands: readonly Tensor[], attributes: z.output<A>): readonly Tensor[];
}

/** Gives an op's definition its exact type. */
export function defineOp<const N extends string, A extends AttributeSchema>(
  definition: OpDefinition<N, A>,
): OpDefinition<N, A> {
  return definition;
}

/** Whether an op may have that many operands: all that are not optional, and no more than there are. */
export function takesOperands({ operands }: OpDefinition, count: number): boolean {
  const most = operands.at(-1)?.endsWith("...") === true ? Number.POSITIVE_INFINITY : operands.length;
  return count >= operands.filter((each) => !/[?]$|[.]{3}$/.test(each)).length && count <= most;
}
