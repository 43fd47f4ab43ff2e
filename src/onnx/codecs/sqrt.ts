import { plainCodec } from "./plain.js";

export const sqrt = plainCodec("sqrt", "Sqrt");
