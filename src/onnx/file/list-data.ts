import { FILE_DTYPES, type FileDType } from "../../weights/formats/file-dtypes.js";
import { type TensorMessage, toInteger } from "./proto.js";

/** The list of a TensorProto that holds the numbers of an element type: see the comments of TensorProto in onnx.proto. */
const LISTS = {
  F32: "floatData",
  F64: "doubleData",
  I64: "int64Data",
  U64: "uint64Data",
  U32: "uint64Data",
  I32: "int32Data",
  I16: "int32Data",
  U16: "int32Data",
  // As their bits.
  F16: "int32Data",
  BF16: "int32Data",
  I8: "int32Data",
  U8: "int32Data",
  BOOL: "int32Data",
} as const satisfies { readonly [D in FileDType]?: keyof TensorMessage };

/** The numbers that a tensor holds as a list in the field of its type, as little-endian bytes. */
export function listBytes(tensor: TensorMessage, dtype: FileDType): Uint8Array {
  if (!hasList(dtype)) return new Uint8Array(0);
  const numbers: readonly (number | { toString(): string })[] = tensor[LISTS[dtype]] ?? [];
  const bytes = FILE_DTYPES[dtype].bits / 8;
  const view = new DataView(new ArrayBuffer(numbers.length * bytes));
  numbers.forEach((number, i) => {
    write(view, i * bytes, toInteger(number), dtype);
  });
  return new Uint8Array(view.buffer);
}

function hasList(dtype: FileDType): dtype is keyof typeof LISTS {
  return Object.hasOwn(LISTS, dtype);
}

/** A setter keeps the lowest bits, which is what the narrow types have in their int32. */
function write(view: DataView, at: number, value: number, dtype: keyof typeof LISTS): void {
  if (dtype === "F32") view.setFloat32(at, value, true);
  else if (dtype === "F64") view.setFloat64(at, value, true);
  else if (FILE_DTYPES[dtype].bits === 64) view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), true);
  else if (FILE_DTYPES[dtype].bits === 32) view.setUint32(at, value, true);
  else if (FILE_DTYPES[dtype].bits === 16) view.setUint16(at, value, true);
  else view.setUint8(at, value);
}
