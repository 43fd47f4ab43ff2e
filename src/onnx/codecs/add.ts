import { plainCodec } from "./plain.js";

export const add = plainCodec("add", "Add");
