import { foldKnownValues, foldSmallConstants } from "../../simplify/constants.js";
import type { Idiom } from "./idiom.js";

/** What is computed of sizes and small constants  →  the number that it is. */
export const knownNumbers: Idiom = (op, context) =>
  foldKnownValues(op, context) ?? foldSmallConstants(op, context);
