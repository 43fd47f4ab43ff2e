import { plainCodec } from "./plain.js";

export const erf = plainCodec("erf", "Erf", 9);
