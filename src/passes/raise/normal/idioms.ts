import type { Idiom } from "./idiom.js";
import { knownNumbers } from "./known-numbers.js";
import { meanOfSum } from "./mean.js";
import { poolingAtOnce, poolingOfPositions, poolingOfSqueeze } from "./pooling.js";
import { residualOfProduct } from "./residual.js";
import { sigmoidOfExponential, sigmoidOfTanh } from "./sigmoid.js";

/**
 * Every spelling that the normal form has none of, in the order in which they are tried at an op. A new one is a function
 * in the file of what it spells, and a name here.
 */
export const IDIOMS: readonly Idiom[] = [
  knownNumbers,
  sigmoidOfExponential,
  sigmoidOfTanh,
  meanOfSum,
  poolingOfSqueeze,
  poolingAtOnce,
  poolingOfPositions,
  residualOfProduct,
];
