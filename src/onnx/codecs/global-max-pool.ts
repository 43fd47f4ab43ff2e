import { plainCodec } from "./plain.js";

export const globalMaxPool = plainCodec("global_max_pool", "GlobalMaxPool");
