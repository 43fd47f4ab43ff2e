import type { WireDType } from "../runtime/protocol.js";
import type { NpyDType } from "../weights/formats/numpy/header.js";

/** What .npy files have for each element type of a model's inputs and outputs. */
export const FILE_TYPES: { readonly [T in WireDType]: NpyDType } = {
  float32: "F32",
  float64: "F64",
  float16: "F16",
  int8: "I8",
  uint8: "U8",
  int16: "I16",
  uint16: "U16",
  int32: "I32",
  uint32: "U32",
  int64: "I64",
  uint64: "U64",
  bool: "BOOL",
};
