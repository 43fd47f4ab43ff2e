// The only file that knows protobuf. The default import is the form that loads fastest: a bundler takes the
// module in, which saves 40 ms of a start over leaving it outside. Inside a bundle protobufjs finds no `long`
// and gives int64 fields as numbers, outside as Long objects; `toInteger` reads both.

import onnxProto, { type onnx } from "onnx-proto";
import { type NumberDType, refuse } from "../../ir/types.js";

export const {
  AttributeProto,
  FunctionProto,
  GraphProto,
  ModelProto,
  NodeProto,
  StringStringEntryProto,
  TensorProto,
  ValueInfoProto,
} = onnxProto.onnx;

export type AttributeMessage = onnx.IAttributeProto;
export type GraphMessage = onnx.IGraphProto;
export type ModelMessage = onnx.IModelProto;
export type NodeMessage = onnx.INodeProto;
export type TensorMessage = onnx.ITensorProto;
export type TypeMessage = onnx.ITypeProto;
export type ValueInfoMessage = onnx.IValueInfoProto;

/** The number that stands for an element type of the IR in a file. */
export const ELEMENT_TYPE = {
  float32: TensorProto.DataType.FLOAT,
  float16: TensorProto.DataType.FLOAT16,
  int64: TensorProto.DataType.INT64,
  int32: TensorProto.DataType.INT32,
} as const satisfies Record<NumberDType, number>;

/** The IR's element type for a number of TensorProto.DataType. Refuses (`refuse`) the others. */
export function elementTypeOf(dataType: number): NumberDType {
  const known = Object.keys(ELEMENT_TYPE) as NumberDType[];
  const found = known.find((dtype) => ELEMENT_TYPE[dtype] === dataType);
  const name = TensorProto.DataType[dataType] ?? String(dataType);
  return found ?? refuse(`the element type ${name} is not supported, ${known.join(", ")} are`);
}

/** A tensor without its data. */
export function tensorHeader(tensor: {
  readonly name: string;
  readonly dtype: NumberDType;
  readonly dims: readonly number[];
}): TensorMessage {
  return { name: tensor.name, dataType: ELEMENT_TYPE[tensor.dtype], dims: [...tensor.dims] };
}

/** The subgraphs of a node: the branches of an If, the body of a Loop. */
export function bodiesOf({ attribute }: NodeMessage): readonly GraphMessage[] {
  return (attribute ?? []).flatMap(({ g, graphs }) => [...(g ? [g] : []), ...(graphs ?? [])]);
}

/** An int64 field as a number; beyond 2^53 rounded. */
export function toInteger(field: number | { toString(): string } | null | undefined): number {
  return field === null || field === undefined ? 0 : Number(field);
}

// What a file consists of on the lowest level, for the parts that are too large to be encoded in memory
// (https://protobuf.dev/programming-guides/encoding/).

const LENGTH_DELIMITED = 2;

/** The tag and length that stand before a field of `byteLength` bytes. Lengths may exceed 32 bits. */
export function fieldHeader(field: number, byteLength: number): Uint8Array {
  return Uint8Array.from([...varint(field * 8 + LENGTH_DELIMITED), ...varint(byteLength)]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}

/** Numbers of the fields that are written or read by hand (onnx.proto). */
export const FIELD = {
  modelGraph: 7,
  modelMetadata: 14,
  modelTrainingInfo: 20,
  modelFunction: 25,
  trainingInitialization: 1,
  trainingAlgorithm: 2,
  graphNode: 1,
  graphInitializer: 5,
  graphInput: 11,
  graphOutput: 12,
  graphValueInfo: 13,
  graphSparseInitializer: 15,
  functionNode: 7,
  nodeInput: 1,
  nodeOutput: 2,
  nodeAttribute: 5,
  attributeTensor: 5,
  attributeGraph: 6,
  attributeTensors: 10,
  attributeGraphs: 11,
  attributeSparseTensor: 22,
  attributeSparseTensors: 23,
  sparseTensorValues: 1,
  sparseTensorIndices: 2,
  tensorName: 8,
  tensorRawData: 9,
  tensorExternalData: 13,
  tensorDataLocation: 14,
} as const;
