import { plainCodec } from "./plain.js";

export const sub = plainCodec("sub", "Sub");
