import { fromFloat16Bits, toFloat16Bits } from "../base/float16.js";
import type { WireArrays, WireDType, WireTensor } from "./protocol.js";

/** A tensor at the border to ONNX Runtime as numbers, whatever element type the model gives it. Integers are exact up to 2^53. */
export interface NumberTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** The elements of one type: those that are nearest to some numbers, and those that lie in memory, little-endian. */
interface Elements<T extends WireDType> {
  of(numbers: ArrayLike<number>): WireArrays[T];
  in(memory: ArrayBuffer): WireArrays[T];
}

/** The whole number next to x within some bounds. */
const within =
  (least: number, most: number) =>
  (x: number): number =>
    Math.min(most, Math.max(least, Math.round(x)));

const within64 =
  (least: bigint, most: bigint) =>
  (x: number): bigint => {
    const element = BigInt(Math.round(x));
    if (element < least) return least;
    return element > most ? most : element;
  };

const ELEMENTS: { readonly [T in WireDType]: Elements<T> } = {
  float32: {
    of: (numbers) => (numbers instanceof Float32Array ? numbers : Float32Array.from(numbers)),
    in: (memory) => new Float32Array(memory),
  },
  float64: { of: (numbers) => Float64Array.from(numbers), in: (memory) => new Float64Array(memory) },
  float16: {
    of: (numbers) => Uint16Array.from(numbers, toFloat16Bits),
    in: (memory) => new Uint16Array(memory),
  },
  bool: { of: (numbers) => Uint8Array.from(numbers, within(0, 1)), in: (memory) => new Uint8Array(memory) },
  int8: {
    of: (numbers) => Int8Array.from(numbers, within(-(2 ** 7), 2 ** 7 - 1)),
    in: (memory) => new Int8Array(memory),
  },
  uint8: {
    of: (numbers) => Uint8Array.from(numbers, within(0, 2 ** 8 - 1)),
    in: (memory) => new Uint8Array(memory),
  },
  int16: {
    of: (numbers) => Int16Array.from(numbers, within(-(2 ** 15), 2 ** 15 - 1)),
    in: (memory) => new Int16Array(memory),
  },
  uint16: {
    of: (numbers) => Uint16Array.from(numbers, within(0, 2 ** 16 - 1)),
    in: (memory) => new Uint16Array(memory),
  },
  int32: {
    of: (numbers) => Int32Array.from(numbers, within(-(2 ** 31), 2 ** 31 - 1)),
    in: (memory) => new Int32Array(memory),
  },
  uint32: {
    of: (numbers) => Uint32Array.from(numbers, within(0, 2 ** 32 - 1)),
    in: (memory) => new Uint32Array(memory),
  },
  int64: {
    of: (numbers) => BigInt64Array.from(numbers, within64(-(2n ** 63n), 2n ** 63n - 1n)),
    in: (memory) => new BigInt64Array(memory),
  },
  uint64: {
    of: (numbers) => BigUint64Array.from(numbers, within64(0n, 2n ** 64n - 1n)),
    in: (memory) => new BigUint64Array(memory),
  },
};

export function isWireDType(dtype: string): dtype is WireDType {
  return Object.hasOwn(ELEMENTS, dtype);
}

/** A tensor as a model declares it: each number becomes the nearest element of that type. */
export function toWire({ dims, data }: NumberTensor, dtype: WireDType): WireTensor {
  // TypeScript can't follow the element type through the table.
  return { dtype, dims, data: ELEMENTS[dtype].of(data) } as WireTensor;
}

export function fromWire({ dtype, dims, data }: WireTensor): NumberTensor {
  switch (dtype) {
    case "float32":
    case "float64":
      return { dims, data };
    case "float16":
      return { dims, data: Float32Array.from(data, fromFloat16Bits) };
    case "int64":
    case "uint64":
      return { dims, data: Float64Array.from(data, Number) };
    default:
      return { dims, data: new Float64Array(data) };
  }
}

/** A tensor of elements that lie in memory as in a file: little-endian, row-major. */
export function wireOf(dtype: WireDType, dims: readonly number[], memory: ArrayBuffer): WireTensor {
  // TypeScript can't follow the element type through the table.
  return { dtype, dims, data: ELEMENTS[dtype].in(memory) } as WireTensor;
}

/** The elements as they lie in a file. */
export function bytesOfWire({ data: { buffer, byteOffset, byteLength } }: WireTensor): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
