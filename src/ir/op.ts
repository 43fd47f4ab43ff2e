import * as z from "zod";
import type { Tensor } from "./tensor.js";
import { refuse, type TensorType } from "./types.js";

// Each schema checks a few values in one run, so zod's just-in-time code would cost more than it saves.
z.config({ jitless: true });

/**
 * `model`: an operation as papers name it (an attention gate, SiLU, drop path); passes lower it before
 * export. `primitive`: one ONNX operator.
 */
export type Level = "model" | "primitive";

/**
 * Whether an op may compute in float16 where a network is lowered to it. `half`: rounding its operands and its
 * result costs no more than that rounding. An op whose intermediate numbers overflow, vanish or lose their digits
 * in half precision stays in float32, and says why.
 */
export type Precision = "half" | { readonly float32: string };

/** What depends on an op's level. Only primitives have a precision: the others become some. */
export type LevelFacts =
  | { readonly level: "model" }
  | { readonly level: "primitive"; readonly precision: Precision };

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
export type OpDefinition<
  N extends string = string,
  A extends AttributeSchema = AttributeSchema,
> = LevelFacts & OpFacts<N, A>;

interface OpFacts<N extends string, A extends AttributeSchema> {
  readonly name: N;
  /** One line: what it computes, as an equation where that is possible. */
  readonly doc: string;
  /** The paper and section, or the operator page, that defines it. */
  readonly source: string;
  readonly operands: readonly string[];
  readonly attributes: A;
  /** An operator of someone else's, which is handed on as it is; absent for every other op. */
  readonly foreign?: true;
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

/**
 * The types of an op's results. All operands of an op have one element type, as ONNX's operators want it; what an
 * op refuses besides is its own (`infer`). An op of someone else's takes everything.
 */
export function inferTypes<A extends AttributeSchema>(
  { infer, foreign }: OpDefinition<string, A>,
  operands: readonly TensorType[],
  attributes: z.output<A>,
): readonly TensorType[] {
  if (foreign === true) return infer(operands, attributes);
  const dtypes = [...new Set(operands.map(({ dtype }) => dtype))];
  if (dtypes.includes("other")) refuse("it has an operand that the IR only hands on");
  if (dtypes.length > 1) refuse(`operands have the element types ${dtypes.join(" and ")}`);
  return infer(operands, attributes);
}

/** Whether an op may have that many operands: all that are not optional, and no more than there are. */
export function takesOperands({ operands }: OpDefinition, count: number): boolean {
  const most = operands.at(-1)?.endsWith("...") === true ? Number.POSITIVE_INFINITY : operands.length;
  return count >= operands.filter((each) => !/[?]$|[.]{3}$/.test(each)).length && count <= most;
}
