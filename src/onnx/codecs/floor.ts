import { plainCodec } from "./plain.js";

export const floor = plainCodec("floor", "Floor");
