import { CheckError, type Diagnostic } from "../base/diagnostic.js";
import { distance, largestDifference } from "../base/distance.js";
import { type Graph, usesType } from "../ir/graph.js";
import { runPasses } from "../passes/engine/manager.js";
import type { Pass, PassInvocation } from "../passes/engine/pass.js";
import { isPassName, passOf } from "../passes/registry.js";
import { evaluateGraph } from "../reference/interpreter.js";
import { judge, TOLERANCES } from "../runtime/compare.js";
import { inputShapes, parameterNumbers, randomInputs } from "./numbers.js";
import { fixedBatch } from "./outputs.js";
import { roundingErrors } from "./reference-runs.js";
import { stressed } from "./stressed.js";

/** The seed of the weights and inputs. */
const SEED = 0;

/**
 * Runs a pipeline and evaluates the graph before and after each pass that promises to keep values, with stress
 * weights: a fresh BatchNorm or gate would hide a mistake. A broken promise is a `CheckError`. Gives a warning for each output
 * that is the same for every input, as no mistake before it could be seen.
 */
export function checkPasses(graph: Graph, invocations: readonly PassInvocation[]): readonly Diagnostic[] {
  const first = stressed(graph, SEED);
  let before = first;
  for (const invocation of invocations) {
    const { graph: after } = runPasses(before, [invocation]);
    const pass = isPassName(invocation.pass) ? passOf(invocation.pass) : undefined;
    if (pass !== undefined) checkPromise(pass, before, after);
    // Gates that a pass has put in are fresh.
    before = pass?.preserves === "values" || after === before ? after : stressed(after, SEED);
  }
  return constantOutputs(first);
}

/** A warning for each output that two images have in common. */
function constantOutputs(graph: Graph): readonly Diagnostic[] {
  const inputs = inputShapes(graph);
  const batch = fixedBatch({ inputs }) ?? 1;
  const parameters = parameterNumbers(SEED);
  const [one, two] = [0, 1].map((image) =>
    evaluateGraph(graph, randomInputs(inputs, batch, SEED, image * batch), parameters),
  );
  return graph.outputs.flatMap(({ name }) => {
    if (largestDifference(one?.get(name)?.data ?? [], two?.get(name)?.data ?? []) > 0) return [];
    const message = `--check-passes can't tell whether ${name} is kept: it is the same for every input, with stress weights too`;
    return [{ code: "pass/undecided", message }];
  });
}

/**
 * Holds one pass to its promise: what keeps values must give the same outputs before and after, to the precision that
 * the graph has after it.
 */
export function checkPromise(pass: Pick<Pass, "name" | "preserves">, before: Graph, after: Graph): void {
  if (pass.preserves !== "values" || before === after) return;
  const tolerance = TOLERANCES[usesType(after, "float16") ? "float16" : "float32"];
  const inputs = randomInputs(inputShapes(before), 1, SEED);
  const parameters = parameterNumbers(SEED);
  const expected = evaluateGraph(before, inputs, parameters);
  const now = evaluateGraph(after, inputs, parameters);
  const errors = roundingErrors(before, [{ inputs, exact: expected }], parameters, tolerance.precision);
  for (const [name, error] of errors) {
    const [a, b] = [expected.get(name)?.data ?? [], now.get(name)?.data ?? []];
    const { verdict, why } = judge(a, b, error, tolerance);
    if (verdict !== "wrong") continue;
    throw new CheckError([
      {
        code: "pass/changed-values",
        message: `${pass.name} promises to keep values and changes the output ${name}: max |Δ| is ${distance(a, b).maxRel.toExponential(1)} of its range; ${why}`,
      },
    ]);
  }
}
