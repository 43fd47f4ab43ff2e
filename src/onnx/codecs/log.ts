import { plainCodec } from "./plain.js";

export const log = plainCodec("log", "Log");
