import { plainCodec } from "./plain.js";

export const abs = plainCodec("abs", "Abs");
