import { HARD_SWISH_OPSET } from "../../ir/ops/activations.js";
import { plainCodec } from "./plain.js";

export const hardSwish = plainCodec("hard_swish", "HardSwish", HARD_SWISH_OPSET);
