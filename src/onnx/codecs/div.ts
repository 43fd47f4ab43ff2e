import { plainCodec } from "./plain.js";

export const div = plainCodec("div", "Div");
