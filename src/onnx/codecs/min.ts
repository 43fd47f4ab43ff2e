import { variadicCodec } from "./variadic.js";

/** https://onnx.ai/onnx/operators/onnx__Min.html */
export const min = variadicCodec<"min">("Min");
