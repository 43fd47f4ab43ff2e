import { parentPort } from "node:worker_threads";
import { Defect, InputError } from "../base/diagnostic.js";
import { evaluateGraph } from "../reference/interpreter.js";
import type { Run } from "./numbers.js";
import { type Answer, type Job, NEXT, OPS_DONE } from "./side-by-side.js";

/*
 * A thread of `EvaluationThreads`: of each job it takes one evaluation after the other, as long as the other threads have left any, and answers
 * with its outputs. What is no mistake of the user ends it.
 */

parentPort?.on("message", (job: Job) => {
  for (;;) {
    const index = Atomics.add(job.counters, NEXT, 1);
    if (index >= job.evaluations.length) return;
    const answer: Answer = { id: job.id, index, ...outcome(job, index) };
    parentPort?.postMessage(answer);
  }
});

function outcome(job: Job, index: number): Pick<Answer, "run" | "diagnostics"> {
  try {
    return { run: evaluated(job, index) };
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return { diagnostics: error.diagnostics };
  }
}

function evaluated({ graph, evaluations, parameters, counters }: Job, index: number): Run {
  const evaluation = evaluations[index];
  if (evaluation === undefined) throw new Defect(`there is no evaluation ${index}`);
  return evaluateGraph(
    graph,
    evaluation.inputs,
    ({ name }) => parameters.get(name) ?? fail(name),
    () => Atomics.add(counters, OPS_DONE, 1),
    evaluation.arithmetic,
  );
}

function fail(name: string): never {
  throw new Defect(`no numbers of the parameter ${name}`);
}
