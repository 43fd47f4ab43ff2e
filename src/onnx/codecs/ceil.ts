import { plainCodec } from "./plain.js";

export const ceil = plainCodec("ceil", "Ceil");
