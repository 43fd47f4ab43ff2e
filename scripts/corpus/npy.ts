import { readFileSync } from "node:fs";
import { Tensor } from "onnxruntime-node";

/** The element types of .npy files that ONNX Runtime has, each with its name there and its array. */
const TYPES: Readonly<Record<string, readonly [Tensor.Type, (bytes: ArrayBuffer) => Tensor.DataType]>> = {
  "<f4": ["float32", (bytes) => new Float32Array(bytes)],
  "<f8": ["float64", (bytes) => new Float64Array(bytes)],
  "<f2": ["float16", (bytes) => new Uint16Array(bytes)],
  "<i8": ["int64", (bytes) => new BigInt64Array(bytes)],
  "<i4": ["int32", (bytes) => new Int32Array(bytes)],
  "<i2": ["int16", (bytes) => new Int16Array(bytes)],
  "|i1": ["int8", (bytes) => new Int8Array(bytes)],
  "<u8": ["uint64", (bytes) => new BigUint64Array(bytes)],
  "<u4": ["uint32", (bytes) => new Uint32Array(bytes)],
  "<u2": ["uint16", (bytes) => new Uint16Array(bytes)],
  "|u1": ["uint8", (bytes) => new Uint8Array(bytes)],
  "|b1": ["bool", (bytes) => new Uint8Array(bytes)],
};

/**
 * The array of a .npy file as a tensor of ONNX Runtime. Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
 *
 * Errors: an array that is in column order or of another element type.
 */
export function readNpy(file: string): Tensor {
  const bytes = readFileSync(file);
  const start = bytes[6] === 1 ? 10 : 12;
  const length = bytes[6] === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8);
  const header = bytes.toString("latin1", start, start + length);
  const [, descr = ""] = /'descr': '([^']+)'/.exec(header) ?? [];
  const [, shape = ""] = /'shape': \(([^)]*)\)/.exec(header) ?? [];
  const dims = shape
    .split(",")
    .filter((each) => each.trim() !== "")
    .map(Number);
  const type = TYPES[descr];
  const inColumns = header.includes("'fortran_order': True") && dims.length > 1;
  if (type === undefined || inColumns) throw new Error(`${file} is not read: ${header.trim()}`);
  const data = Uint8Array.from(bytes.subarray(start + length)).buffer;
  return new Tensor(type[0], type[1](data) as never, dims);
}
