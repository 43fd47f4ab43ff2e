import { plainCodec } from "./plain.js";

export const pow = plainCodec("pow", "Pow");
