import { plainCodec } from "./plain.js";

export const relu = plainCodec("relu", "Relu");
