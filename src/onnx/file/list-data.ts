import type { FileDType } from "../../weights/formats/file-dtypes.js";
import { type TensorMessage, toInteger } from "./proto.js";

/** The list of a TensorProto that holds the numbers of an element type, and how one of them becomes bytes. */
interface ListField {
  readonly numbers: (tensor: TensorMessage) => readonly (number | { toString(): string })[];
  readonly bytes: number;
  readonly write: (view: DataView, at: number, value: number) => void;
}

const int32 = (tensor: TensorMessage): readonly number[] => tensor.int32Data ?? [];
// A setter keeps the lowest bits, which is what the narrow types have in their int32.
const one: Omit<ListField, "numbers"> = { bytes: 1, write: (view, at, value) => view.setUint8(at, value) };
const two: Omit<ListField, "numbers"> = {
  bytes: 2,
  write: (view, at, value) => view.setUint16(at, value, true),
};
const four: Omit<ListField, "numbers"> = {
  bytes: 4,
  write: (view, at, value) => view.setUint32(at, value, true),
};

/** By element type, see the comments of TensorProto in onnx.proto. float16 and bfloat16 stand there as their bits. */
const LISTS: { readonly [D in FileDType]?: ListField } = {
  F32: {
    numbers: (tensor) => tensor.floatData ?? [],
    bytes: 4,
    write: (view, at, value) => view.setFloat32(at, value, true),
  },
  F64: {
    numbers: (tensor) => tensor.doubleData ?? [],
    bytes: 8,
    write: (view, at, value) => view.setFloat64(at, value, true),
  },
  I64: {
    numbers: (tensor) => tensor.int64Data ?? [],
    bytes: 8,
    write: (view, at, value) => view.setBigInt64(at, BigInt(value), true),
  },
  U64: {
    numbers: (tensor) => tensor.uint64Data ?? [],
    bytes: 8,
    write: (view, at, value) => view.setBigUint64(at, BigInt(value), true),
  },
  U32: { numbers: (tensor) => tensor.uint64Data ?? [], ...four },
  I32: { numbers: int32, ...four },
  I16: { numbers: int32, ...two },
  U16: { numbers: int32, ...two },
  F16: { numbers: int32, ...two },
  BF16: { numbers: int32, ...two },
  I8: { numbers: int32, ...one },
  U8: { numbers: int32, ...one },
  BOOL: { numbers: int32, ...one },
};

/** The numbers that a tensor holds as a list in the field of its type, as little-endian bytes. */
export function listBytes(tensor: TensorMessage, dtype: FileDType): Uint8Array {
  const list = LISTS[dtype];
  if (list === undefined) return new Uint8Array(0);
  const numbers = list.numbers(tensor);
  const view = new DataView(new ArrayBuffer(numbers.length * list.bytes));
  numbers.forEach((number, i) => {
    list.write(view, i * list.bytes, toInteger(number));
  });
  return new Uint8Array(view.buffer);
}
