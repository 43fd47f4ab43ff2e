import { CheckError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import type { Tensor } from "../ir/tensor.js";
import { runPasses } from "../passes/manager.js";
import type { PassInvocation } from "../passes/pass.js";
import { evaluateGraph } from "../reference/interpreter.js";
import { distance, withinTolerance } from "../runtime/compare.js";
import { parameterNumbers, randomInputs } from "./numbers.js";

/** float64 on both sides; what remains is the rounding of folded weights to float32. */
const PASS_TOLERANCE = { maxRel: 1e-5, minCosine: 0.9999999 };

/**
 * Runs a pipeline with stress weights (a fresh BatchNorm would hide a wrong fold) and evaluates the graph
 * before and after each pass that promises to keep values. A broken promise is a `CheckError`.
 */
export function checkPasses(graph: Graph, invocations: readonly PassInvocation[]): void {
  const stressed = runPasses(graph, [{ pass: "stress-weights", options: {} }]).graph;
  const evaluate = (each: Graph): ReadonlyMap<string, Tensor> =>
    evaluateGraph(each, randomInputs(each, 1, 0), parameterNumbers(0));
  runPasses(stressed, invocations, {
    check(pass, before, after) {
      if (pass.preserves !== "values" || before === after) return;
      const now = evaluate(after);
      for (const [name, expected] of evaluate(before)) {
        const far = distance(expected.data, now.get(name)?.data ?? []);
        if (withinTolerance(far, PASS_TOLERANCE)) continue;
        throw new CheckError([
          {
            code: "pass/changed-values",
            message: `${pass.name} promises to keep values and changes the output ${name}: max |Δ| is ${far.maxRel.toExponential(1)} of its range`,
          },
        ]);
      }
    },
  });
}
