import type { Graph, Op, Value } from "../../ir/graph.js";
import { isOnnxDomain } from "../../ir/onnx-domain.js";
import { isOp } from "../../ir/rewrite.js";
import { smallValues } from "../../ir/weight.js";

/** Ops whose results are the same whichever sign the zeros of their operands have. */
const ERASE: ReadonlySet<Op["kind"]> = new Set<Op["kind"]>([
  "abs",
  "conv",
  "conv_1d",
  "exp",
  "gemm",
  "general_gemm",
  "hard_sigmoid",
  "matmul",
  "sigmoid",
  "sloped_hard_sigmoid",
  "softmax",
]);

/**
 * The values of a graph of whose zeros somebody may see the sign: 1 / 0 is ∞, and 1 / -0 is -∞. An output that is -0 is equal to
 * one that is 0.
 */
export function signedZeros(graph: Graph): ReadonlySet<Value> {
  const told = new Set<Value>();
  for (const op of graph.ops.toReversed()) {
    const isTold = op.results.some((result) => told.has(result)) && !ERASE.has(op.kind) && !addsNoZero(op);
    op.operands.forEach((operand, i) => {
      if (isTold || tells(op, i)) told.add(operand);
    });
  }
  return told;
}

/** Operators of ONNX that divide, or whose bodies may. */
const OPAQUE_TELLING: ReadonlySet<string> = new Set(
  "Div If Loop Mod Pow Reciprocal Scan SequenceMap".split(" "),
);

/** Whether an op has another result for the other sign of a zero, which is more than that zero's sign itself. */
function tells(op: Op, operand: number): boolean {
  if (!isOp(op, "opaque"))
    return (op.kind === "div" && operand === 1) || op.kind === "reciprocal" || op.kind === "pow";
  const { operator, domain, written } = op.attributes;
  return (
    !isOnnxDomain(domain) || OPAQUE_TELLING.has(operator) || written.some(([name]) => name === "function")
  );
}

/** x + 0.001 is the same for both zeros. */
function addsNoZero(op: Op): boolean {
  if (!isOp(op, "add")) return false;
  return op.operands.some(
    (each) => each.kind === "parameter" && smallValues(each.data)?.every((value) => value !== 0) === true,
  );
}
