import { variadicCodec } from "./variadic.js";

/** https://onnx.ai/onnx/operators/onnx__Sum.html */
export const sum = variadicCodec<"sum">("Sum");
