import { plainCodec } from "./plain.js";

export const exp = plainCodec("exp", "Exp");
