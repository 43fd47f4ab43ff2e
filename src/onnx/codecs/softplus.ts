import { plainCodec } from "./plain.js";

export const softplus = plainCodec("softplus", "Softplus");
