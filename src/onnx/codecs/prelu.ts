import { plainCodec } from "./plain.js";

export const prelu = plainCodec("prelu", "PRelu");
