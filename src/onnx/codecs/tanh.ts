import { plainCodec } from "./plain.js";

export const tanh = plainCodec("tanh", "Tanh");
