import { plainCodec } from "./plain.js";

export const sigmoid = plainCodec("sigmoid", "Sigmoid");
