import { CheckError } from "../base/diagnostic.js";
import { type Graph, usesType } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { runPasses } from "../passes/manager.js";
import type { Pass, PassInvocation } from "../passes/pass.js";
import { isPassName, passOf } from "../passes/registry.js";
import { evaluateGraph } from "../reference/interpreter.js";
import { distance, TOLERANCES, withinTolerance } from "../runtime/compare.js";
import { inputShapes, parameterNumbers, randomInputs } from "./numbers.js";
import { stressed } from "./stressed.js";

/** float64 on both sides; what remains is the rounding of folded weights to float32. */
const PASS_TOLERANCE = { precision: "float64", maxRel: 1e-5, minCosine: 0.9999999 };

/**
 * Runs a pipeline and evaluates the graph before and after each pass that promises to keep values, with stress
 * weights: a fresh BatchNorm or gate would hide a mistake. A broken promise is a `CheckError`.
 */
export function checkPasses(graph: Graph, invocations: readonly PassInvocation[]): void {
  let current = graph;
  for (const invocation of invocations) {
    const before = stressed(current);
    const { graph: after } = runPasses(before, [invocation]);
    if (isPassName(invocation.pass)) checkPromise(passOf(invocation.pass), before, after);
    current = runPasses(current, [invocation]).graph;
  }
}

/**
 * Holds one pass to its promise: what keeps values must give the same outputs before and after, to the precision that
 * the graph has after it.
 */
export function checkPromise(pass: Pick<Pass, "name" | "preserves">, before: Graph, after: Graph): void {
  if (pass.preserves !== "values" || before === after) return;
  const tolerance = usesType(after, "float16") ? TOLERANCES.float16 : PASS_TOLERANCE;
  const now = outputsOf(after);
  for (const [name, expected] of outputsOf(before)) {
    const far = distance(expected.data, now.get(name)?.data ?? []);
    if (withinTolerance(far, tolerance)) continue;
    throw new CheckError([
      {
        code: "pass/changed-values",
        message: `${pass.name} promises to keep values and changes the output ${name}: max |Δ| is ${far.maxRel.toExponential(1)} of its range`,
      },
    ]);
  }
}

function outputsOf(graph: Graph): ReadonlyMap<string, Tensor> {
  return evaluateGraph(graph, randomInputs(inputShapes(graph), 1, 0), parameterNumbers(0));
}
