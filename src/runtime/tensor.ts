import { InputError } from "../base/diagnostic.js";
import { fromFloat16Bits, toFloat16Bits } from "../base/float16.js";
import type { WireTensor } from "./protocol.js";

/** A tensor of numbers at the border to ONNX Runtime, whatever dtype the model gives it. */
export interface FloatTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor as the model declares it. Errors: `InputError` for a dtype that ecagen has no numbers for. */
export function toWire({ dims, data }: FloatTensor, dtype: string, name: string): WireTensor {
  if (dtype === "float32") return { dtype, dims, data };
  if (dtype === "float16") return { dtype, dims, data: Uint16Array.from(data, toFloat16Bits) };
  if (dtype === "uint8") return { dtype, dims, data: Uint8Array.from(data, toByte) };
  throw InputError.of("run/dtype", `the input ${name} is ${dtype}; float32, float16 and uint8 can be given`);
}

export function fromWire({ dtype, dims, data }: WireTensor): FloatTensor {
  if (dtype === "float32") return { dims, data };
  return {
    dims,
    data: dtype === "float16" ? Float32Array.from(data, fromFloat16Bits) : Float32Array.from(data),
  };
}

/** The nearest number that a byte can be. */
function toByte(x: number): number {
  return Math.min(255, Math.max(0, Math.round(x)));
}
