import { plainCodec } from "./plain.js";

export const neg = plainCodec("neg", "Neg");
