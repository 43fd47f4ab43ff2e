import { plainCodec } from "./plain.js";

export const mul = plainCodec("mul", "Mul");
