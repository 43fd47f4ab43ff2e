import { plainCodec } from "./plain.js";

export const matmul = plainCodec("matmul", "MatMul");
