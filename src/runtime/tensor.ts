import { InputError } from "../base/diagnostic.js";
import { fromFloat16Bits, toFloat16Bits } from "../base/float16.js";
import type { WireTensor } from "./protocol.js";

/** A tensor of floating-point numbers at the border to ONNX Runtime, whatever dtype the model gives it. */
export interface FloatTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** A tensor as the model declares it. Errors: `InputError` for a dtype that ecagen has no numbers for. */
export function toWire({ dims, data }: FloatTensor, dtype: string, name: string): WireTensor {
  if (dtype === "float32") return { dtype, dims, data };
  if (dtype === "float16") return { dtype, dims, data: Uint16Array.from(data, toFloat16Bits) };
  throw InputError.of("run/dtype", `the input ${name} is ${dtype}; float32 and float16 can be given`);
}

export function fromWire({ dtype, dims, data }: WireTensor): FloatTensor {
  return { dims, data: dtype === "float32" ? data : Float32Array.from(data, fromFloat16Bits) };
}
