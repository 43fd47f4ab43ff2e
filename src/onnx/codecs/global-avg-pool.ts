import { plainCodec } from "./plain.js";

export const globalAvgPool = plainCodec("global_avg_pool", "GlobalAveragePool");
