import type { OpOf } from "../../ir/graph.js";
import { boxOperators } from "./boxes.js";
import { einsum } from "./einsum.js";
import { elementwise } from "./elementwise.js";
import { losses } from "./losses.js";
import { moves } from "./moves.js";
import type { Evaluator } from "./node.js";
import { norms } from "./norms.js";
import { pools } from "./pools.js";
import { products } from "./products.js";
import { quantizedOperators, runtimeOperators } from "./quantized.js";
import { recurrent } from "./recurrent.js";
import { reductionOperators } from "./reductions.js";
import { sampling } from "./sampling.js";
import { selections } from "./selections.js";
import { signals } from "./signals.js";
import { windows } from "./windows.js";

/** What operators of ONNX compute that no op of the IR is, or of which an op says only some forms. */
const STANDARD: Readonly<Record<string, Evaluator>> = {
  ...boxOperators,
  Einsum: einsum,
  ...elementwise,
  ...losses,
  ...moves,
  ...norms,
  ...pools,
  ...products,
  ...quantizedOperators,
  ...recurrent,
  ...reductionOperators,
  ...sampling,
  ...selections,
  ...signals,
  ...windows,
};

const BY_DOMAIN: Readonly<Record<string, Readonly<Record<string, Evaluator>>>> = {
  "": STANDARD,
  "ai.onnx": STANDARD,
  "com.microsoft": runtimeOperators,
};

/** What computes an opaque op; undefined where its operator has no definition here. */
export function evaluatorOf({ attributes }: OpOf<"opaque">): Evaluator | undefined {
  const { domain, operator, written } = attributes;
  // A function of the model's own may have the name of an operator.
  if (written.some(([name]) => name === "function")) return undefined;
  const operators = Object.hasOwn(BY_DOMAIN, domain) ? BY_DOMAIN[domain] : undefined;
  return operators && Object.hasOwn(operators, operator) ? operators[operator] : undefined;
}

/** The operators that round to whole steps, where a run may round the other way. */
export function isQuantizing({ attributes: { operator } }: OpOf<"opaque">): boolean {
  return /^(Dynamic)?QuantizeLinear$|^QLinear/.test(operator);
}
