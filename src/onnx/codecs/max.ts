import { variadicCodec } from "./variadic.js";

/** https://onnx.ai/onnx/operators/onnx__Max.html */
export const max = variadicCodec<"max">("Max");
