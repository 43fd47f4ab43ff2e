import { plainCodec } from "./plain.js";

export const reciprocal = plainCodec("reciprocal", "Reciprocal");
