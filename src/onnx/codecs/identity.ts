import { plainCodec } from "./plain.js";

export const identity = plainCodec("identity", "Identity");
