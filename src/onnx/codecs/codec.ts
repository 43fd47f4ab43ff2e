import type { OpOf, Value } from "../../ir/graph.js";
import type { AttributesInput, OpName, PrimitiveOpName } from "../../ir/ops/registry.js";
import type { NumberDType, TensorType } from "../../ir/types.js";
import type { NodeReader } from "../decode/node-reader.js";
import type { OnnxAttributes } from "./attribute.js";

/** The ops that are one ONNX operator each. What is opaque is written back as the node that it was. */
export type OperatorName = Exclude<PrimitiveOpName, "opaque">;

/** How one primitive op is written as ONNX and read back. Differences between opsets live in here. */
export interface OnnxCodec<N extends OperatorName = OperatorName> {
  /** The ONNX operator that `decode` reads. */
  readonly operator: string;
  /** Set where another op is the usual form of the operator: a node is read as that one if it can be. */
  readonly general?: true;
  /** Of an operator whose first outputs nothing reads: which output the op's result is, and the types of those before it. */
  readonly output?: { readonly index: number; before(op: OpOf<N>): readonly TensorType[] };
  /** The operator set that brought the operator, where that is one which files are read or written for. */
  readonly since?: number;
  /** Writes the op's node; refuses (`refuse`) what the opset can't say. */
  encode(op: OpOf<N>, node: NodeWriter): void;
  /** Reads a node of `operator`; refuses (`refuse`) what the op can't say. */
  decode(node: NodeReader): DecodedOp<N>;
}

export interface DecodedOp<N extends OperatorName = OperatorName> {
  readonly operands: readonly Value[];
  readonly attributes: AttributesInput<N>;
}

/** Gives the codecs of a family their exact types. */
export function defineCodecs<N extends OperatorName>(
  codecs: { readonly [K in N]: OnnxCodec<K> },
): {
  readonly [K in N]: OnnxCodec<K>;
} {
  return codecs;
}

/** What the encoding of one op adds to the file. Tensors are known by their ONNX names. */
export interface NodeWriter {
  readonly opset: number;
  /** The op's operands, in order. */
  readonly operands: readonly string[];
  /** The op's result. */
  readonly result: string;
  /** The kinds of the ops that read the result, or hand on what they read of it. */
  readers(): ReadonlySet<OpName>;
  /** Adds a constant that the operator wants as an input. */
  constant(label: string, type: ConstantType, values: readonly number[]): string;
  /** Adds a node that computes the op's result. */
  node(operator: string, inputs: readonly string[], attributes?: OnnxAttributes): void;
}

export interface ConstantType {
  readonly dtype: NumberDType;
  readonly dims: readonly number[];
}
