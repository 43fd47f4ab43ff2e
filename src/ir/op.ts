import * as z from "zod";
import { withLate } from "../base/late.js";
import {
  type AnyNamed,
  checkElementTypes,
  type Named,
  nameOperands,
  type OperandRecord,
  operandSlot,
} from "./operands.js";
import type { Tensor } from "./tensor.js";
import { type Dim, elementCount, isIntegerType, MOST_VALUES, type TensorType, tensorType } from "./types.js";

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
export type Precision = "half" | NeedsFloat32;

interface NeedsFloat32 {
  /** Why. */
  readonly float32: string;
  /** Where it does not: the op is a `layer`, which reads weights; its `divisor` is a number that half precision has. */
  readonly except?: "layer" | "divisor";
}

/**
 * What an op costs for operands of known size. `macs`: multiply-accumulates of convolutions and products. `products`: those that a gate has of
 * two tensors that it computes, which are not among them.
 */
export interface Cost {
  readonly macs: number;
  readonly products?: number;
}

export type AttributeSchema = z.ZodObject;

const NO_ATTRIBUTES = z.strictObject({});

export type NoAttributes = typeof NO_ATTRIBUTES;

/**
 * What is true of every op, together. `Types` and `Tensors` are its operands by name, `Attributes` its attributes with every
 * default filled in.
 */
export interface OpFacts<Types, Tensors, Attributes> {
  /** One line: what it computes, as an equation where that is possible. */
  readonly doc: string;
  /** The paper and section, or the operator page, that defines it. */
  readonly source: string;
  /** Whether every element of the result is one of an operand, which `evaluate` puts where it belongs. */
  readonly moves?: true;
  /** Random in training and the identity of its operand at inference; absent for every other op. */
  readonly trainingOnly?: true;
  readonly foreign?: undefined;
  /** The type of the result; refuses (`refuse`) operands and attributes that do not go together. */
  infer(operands: Types, attributes: Attributes): TensorType;
  /** What is known of the elements of a small result of integers; an op that `moves` elements needs none. */
  values?(operands: Types, attributes: Attributes): KnownValues;
  /** Operands with concrete sizes; an op without `cost` has no convolution and no matrix product. */
  cost?(operands: Types, result: TensorType, attributes: Attributes): Cost;
  /** The definition as a program: float64, plain, independent of how the op is lowered or exported. */
  evaluate(operands: Tensors, attributes: Attributes): Tensor;
}

/** The facts of an op of those operands and attributes. */
type FactsOf<O extends OperandRecord, A extends AttributeSchema> = OpFacts<
  Named<O, TensorType>,
  Named<O, Tensor>,
  z.output<A>
>;

/** What an op reads: its operands by name, in their order, each with the element types that it may have. */
interface Signature<O extends OperandRecord, A extends AttributeSchema> {
  readonly operands: O;
  readonly attributes: A;
}

interface PrimitiveFacts {
  readonly precision: Precision;
}

/** An op as papers name it. */
export interface ModelOp<O extends OperandRecord, A extends AttributeSchema>
  extends OpFacts<Named<O, TensorType>, Named<O, Tensor>, z.output<A>>,
    Signature<O, A> {
  readonly level: "model";
}

/** An op that is one ONNX operator. */
export interface PrimitiveOp<O extends OperandRecord, A extends AttributeSchema>
  extends OpFacts<Named<O, TensorType>, Named<O, Tensor>, z.output<A>>,
    Signature<O, A>,
    PrimitiveFacts {
  readonly level: "primitive";
}

/**
 * A primitive op that needs no codec of its own: it is an ONNX operator word by word, with the same operands in the same
 * order, and with attributes that are floats of the same defaults.
 */
export interface PlainOp<O extends OperandRecord, A extends AttributeSchema> extends PrimitiveOp<O, A> {
  readonly onnx: OperatorOf<A>;
}

/** The ONNX operator that a plain op is. */
export interface OnnxOperator {
  readonly operator: string;
  /** The operator set that brought it, where that is one which files are read or written for. */
  readonly since?: number;
  /** Set where another op is the usual form of the operator: a node is read as that one if it can be. */
  readonly general?: true;
  /** What the operator calls the op's attributes, if it has any. */
  readonly floats?: { readonly [name: string]: string } | undefined;
}

/** The operator of a plain op of those attributes, all of which it must name. */
export type OperatorOf<A extends AttributeSchema> = string extends keyof z.output<A>
  ? OnnxOperator & { readonly floats?: undefined }
  : OnnxOperator & {
      readonly floats: { readonly [K in keyof z.output<A>]: z.output<A>[K] extends number ? string : never };
    };

/** An operator of someone else's, which is handed on as it is: its attributes record the types of its results. */
export interface ForeignOp<A extends AttributeSchema = AttributeSchema> extends PrimitiveFacts {
  readonly level: "primitive";
  readonly foreign: true;
  readonly trainingOnly?: undefined;
  readonly cost?: undefined;
  readonly doc: string;
  readonly source: string;
  readonly operands: OperandRecord;
  readonly attributes: A;
  resultTypes(attributes: z.output<A>): readonly TensorType[];
  /** Why it can't be evaluated; refuses. */
  refuseToEvaluate(attributes: z.output<A>): never;
}

type AnyFacts = OpFacts<AnyNamed<TensorType>, AnyNamed<Tensor>, AnyAttributes>;
type AnyAttributes = Readonly<Record<string, unknown>>;

/** A model-level op's definition without its exact type. */
export interface AnyModelOp extends AnyFacts, Signature<OperandRecord, AttributeSchema> {
  readonly level: "model";
}

interface AnyPrimitiveOp extends AnyFacts, Signature<OperandRecord, AttributeSchema>, PrimitiveFacts {
  readonly level: "primitive";
}

/** The same of a plain op. */
export interface AnyPlainOp extends AnyPrimitiveOp {
  readonly onnx: OnnxOperator;
}

/** Any op's definition without its exact type, for code that treats all ops alike. */
export type OpDefinition = AnyModelOp | AnyPrimitiveOp | ForeignOp;

/** Elements that are known, row-major; undefined where one of them isn't. */
export type KnownValues = readonly Dim[] | undefined;

/** The signature of a definition as it is written: attributes are made when they are needed, and left out where there are none. */
interface GivenSignature<O extends OperandRecord, A extends AttributeSchema> {
  readonly operands: O;
  readonly attributes?: () => A;
}

/** Defines an op as papers name it. */
export function modelOp<const O extends OperandRecord, A extends AttributeSchema = NoAttributes>(
  op: FactsOf<O, A> & GivenSignature<O, A>,
): ModelOp<O, A> {
  return withLate({ ...op, level: "model" as const }, "attributes", schemaOf(op));
}

/** Defines an op whose codec is in `onnx/codecs/`. */
export function primitiveOp<const O extends OperandRecord, A extends AttributeSchema = NoAttributes>(
  op: FactsOf<O, A> & GivenSignature<O, A> & PrimitiveFacts,
): PrimitiveOp<O, A> {
  return withLate({ ...op, level: "primitive" as const }, "attributes", schemaOf(op));
}

/** Defines an op that needs no codec; its source is the operator's page, unless it names another. */
export function plainOp<const O extends OperandRecord, A extends AttributeSchema = NoAttributes>(
  op: Omit<FactsOf<O, A>, "source"> &
    GivenSignature<O, A> &
    PrimitiveFacts & { readonly source?: string; readonly onnx: OperatorOf<A> },
): PlainOp<O, A> {
  const source = `https://onnx.ai/onnx/operators/onnx__${op.onnx.operator}.html`;
  return withLate({ source, ...op, level: "primitive" as const }, "attributes", schemaOf(op));
}

/** Defines an operator of someone else's. */
export function foreignOp<A extends AttributeSchema>(
  op: Omit<ForeignOp<A>, "attributes" | "level" | "foreign"> & { readonly attributes: () => A },
): ForeignOp<A> {
  return withLate(
    { ...op, level: "primitive" as const, foreign: true as const },
    "attributes",
    op.attributes,
  );
}

/** Without a type argument A is that of no attributes, which is what is meant where none are given. */
function schemaOf<A extends AttributeSchema>({ attributes }: { readonly attributes?: () => A }): () => A {
  return attributes ?? (() => NO_ATTRIBUTES as AttributeSchema as A);
}

/**
 * The types of an op's results. All operands of an op have one element type, as ONNX's operators want it, but those
 * that are integers in any case; what an op refuses besides is its own (`infer`). An op of someone else's takes
 * everything.
 */
export function inferTypes(
  definition: OpDefinition,
  operands: readonly TensorType[],
  attributes: AnyAttributes,
): readonly TensorType[] {
  if (definition.foreign) return definition.resultTypes(attributes);
  checkElementTypes(
    definition.operands,
    operands.map(({ dtype }) => dtype),
  );
  const named = nameOperands(definition.operands, operands);
  const type = definition.infer(named, attributes);
  if (!isIntegerType(type.dtype) || !isSmall(type)) return [type];
  const values = definition.moves
    ? movedValues(definition, operands, attributes)
    : definition.values?.(named, attributes);
  return [tensorType(type.dims, type.dtype, values)];
}

/** What an op costs, for operands and a result of concrete sizes. */
export function costOf(
  { operands: record, cost }: OpDefinition,
  operands: readonly TensorType[],
  [result]: readonly TensorType[],
  attributes: AnyAttributes,
): Cost {
  if (cost === undefined || result === undefined) return { macs: 0 };
  return cost(nameOperands(record, operands), result, attributes);
}

/** What an op computes. */
export function evaluateOp(
  definition: OpDefinition,
  operands: readonly Tensor[],
  attributes: AnyAttributes,
): Tensor {
  if (definition.foreign) return definition.refuseToEvaluate(attributes);
  return definition.evaluate(nameOperands(definition.operands, operands), attributes);
}

function isSmall({ dims }: TensorType): boolean {
  return (
    dims.every((dim) => typeof dim === "number") && elementCount(dims as readonly number[]) <= MOST_VALUES
  );
}

/** The elements of the result of an op that moves them: it is given the indexes into a list of all its operands'. */
function movedValues(
  definition: OpDefinition,
  operands: readonly TensorType[],
  attributes: AnyAttributes,
): KnownValues {
  const elements: Dim[] = [];
  const tensors: Tensor[] = [];
  for (const [i, { dims, values: known }] of operands.entries()) {
    if (known === undefined) return undefined;
    const directs = operandSlot(definition.operands, i)?.shared === false;
    if (directs && !known.every((each) => typeof each === "number")) return undefined;
    const data = directs ? (known as readonly number[]) : known.map((_, index) => elements.length + index);
    tensors.push({ dims: dims as readonly number[], data: Float64Array.from(data) });
    if (!directs) elements.push(...known);
  }
  const { data } = evaluateOp(definition, tensors, attributes);
  return Array.from(data, (index) => elements[index] as Dim);
}
