import * as z from "zod";
import type { Tensor } from "./tensor.js";
import {
  type Dim,
  elementCount,
  isIntegerType,
  MOST_VALUES,
  refuse,
  type TensorType,
  tensorType,
} from "./types.js";

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
  /** The operands that are integers whatever the others are: indices, a shape. */
  readonly integerOperands?: readonly string[];
  /** Whether it takes integers for its other operands too, and not floating-point ones alone. */
  readonly takesIntegers?: true;
  /** Whether every element of the result is one of an operand, which `evaluate` puts in its place. */
  readonly moves?: true;
  /** An operator of someone else's, which is handed on as it is; absent for every other op. */
  readonly foreign?: true;
  /** Random in training and the identity of its operand at inference; absent for every other op. */
  readonly trainingOnly?: true;
  /** The types of the results; refuses (`refuse`) operands and attributes that do not go together. */
  infer(operands: readonly TensorType[], attributes: z.output<A>): readonly TensorType[];
  /** What is known of the elements of a small result of integers; an op that `moves` elements needs none. */
  values?(operands: readonly TensorType[], attributes: z.output<A>): KnownValues;
  /** Operands with concrete sizes; an op without `cost` has no convolution and no matrix product. */
  cost?(operands: readonly TensorType[], results: readonly TensorType[], attributes: z.output<A>): Cost;
  /** The definition as a program: float64, plain, independent of how the op is lowered or exported. */
  evaluate(operands: readonly Tensor[], attributes: z.output<A>): readonly Tensor[];
}

/** Elements that are known, row-major; undefined where one of them isn't. */
export type KnownValues = readonly Dim[] | undefined;

/** Gives an op's definition its exact type. */
export function defineOp<const N extends string, A extends AttributeSchema>(
  definition: OpDefinition<N, A>,
): OpDefinition<N, A> {
  return definition;
}

/**
 * The types of an op's results. All operands of an op have one element type, as ONNX's operators want it, but those
 * that are integers in any case; what an op refuses besides is its own (`infer`). An op of someone else's takes
 * everything.
 */
export function inferTypes<A extends AttributeSchema>(
  definition: OpDefinition<string, A>,
  operands: readonly TensorType[],
  attributes: z.output<A>,
): readonly TensorType[] {
  if (definition.foreign === true) return definition.infer(operands, attributes);
  checkElementTypes(definition, operands);
  const types = definition.infer(operands, attributes);
  return types.map((type) => {
    if (!isIntegerType(type.dtype) || !isSmall(type)) return type;
    const values = definition.moves
      ? movedValues(definition, operands, attributes)
      : definition.values?.(operands, attributes);
    return tensorType(type.dims, type.dtype, values);
  });
}

function checkElementTypes(definition: OpDefinition, operands: readonly TensorType[]): void {
  if (operands.some(({ dtype }) => dtype === "other")) refuse("it has an operand that the IR only hands on");
  operands.forEach(({ dtype }, i) => {
    if (isInteger(definition, i) && !isIntegerType(dtype)) {
      refuse(`${operandName(definition, i)} must be integers, not ${dtype}`);
    }
  });
  const others = operands.filter((_, i) => !isInteger(definition, i));
  const dtypes = [...new Set(others.map(({ dtype }) => dtype))];
  if (dtypes.length > 1) refuse(`operands have the element types ${dtypes.join(" and ")}`);
  const [dtype = "float32"] = dtypes;
  if (isIntegerType(dtype) && definition.takesIntegers !== true)
    refuse(`it takes floating-point numbers, not ${dtype}`);
}

/** The name of an operand, without the mark of one that may be absent. */
function operandName({ operands }: Pick<OpDefinition, "operands">, index: number): string {
  return (operands[index] ?? "").replace(/[?]$/, "");
}

/** Whether an operand is integers whatever the others are. */
function isInteger(definition: Pick<OpDefinition, "operands" | "integerOperands">, index: number): boolean {
  return definition.integerOperands?.includes(operandName(definition, index)) === true;
}

function isSmall({ dims }: TensorType): boolean {
  return (
    dims.every((dim) => typeof dim === "number") && elementCount(dims as readonly number[]) <= MOST_VALUES
  );
}

/** The elements of the result of an op that moves them: it is given the places in a list of all its operands'. */
function movedValues<A extends AttributeSchema>(
  definition: OpDefinition<string, A>,
  operands: readonly TensorType[],
  attributes: z.output<A>,
): KnownValues {
  const elements: Dim[] = [];
  const tensors: Tensor[] = [];
  for (const [i, { dims, values: known }] of operands.entries()) {
    if (known === undefined) return undefined;
    const directs = isInteger(definition, i);
    if (directs && !known.every((each) => typeof each === "number")) return undefined;
    const data = directs ? (known as readonly number[]) : known.map((_, place) => elements.length + place);
    tensors.push({ dims: dims as readonly number[], data: Float64Array.from(data) });
    if (!directs) elements.push(...known);
  }
  const [result] = definition.evaluate(tensors, attributes);
  return result && Array.from(result.data, (place) => elements[place] as Dim);
}

/** Whether an op may have that many operands: all that are not optional, and no more than there are. */
export function takesOperands({ operands }: OpDefinition, count: number): boolean {
  const most = operands.at(-1)?.endsWith("...") === true ? Number.POSITIVE_INFINITY : operands.length;
  return count >= operands.filter((each) => !/[?]$|[.]{3}$/.test(each)).length && count <= most;
}
