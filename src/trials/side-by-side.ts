import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { countNetwork } from "../analysis/counts.js";
import { Deadline } from "../base/deadline.js";
import { Defect, type Diagnostic, InputError } from "../base/diagnostic.js";
import { packageRoot } from "../files/package.js";
import { type Graph, parametersOf } from "../ir/graph.js";
import { replaceParameters } from "../ir/rewrite.js";
import { elementCount } from "../ir/types.js";
import type { Arithmetic } from "../reference/arithmetic.js";
import { evaluateGraph, type ParameterSource } from "../reference/interpreter.js";
import type { Run } from "./numbers.js";

/*
 * Evaluations of the reference interpreter side by side, in threads that share the parameters:
 *
 *     evaluations ──┬── thread 1: takes the next, evaluates it, takes the next, … ──┬── outputs
 *                   └── thread 2: takes the next, …                              ───┘
 *
 * The numbers are those of one evaluation after the other: every thread runs the same code on the same numbers.
 */

/** One evaluation of a graph. */
export interface Evaluation {
  readonly inputs: Run;
  /** Default: float64. */
  readonly arithmetic?: Arithmetic | undefined;
}

/** What a thread is sent. */
export interface Job {
  readonly id: number;
  readonly graph: Graph;
  readonly evaluations: readonly Evaluation[];
  /** The numbers of the parameters, by name, in memory that all threads share. */
  readonly parameters: Run;
  /** In shared memory: which evaluation is the next, and how many ops have been evaluated. */
  readonly counters: Int32Array;
}

export const [NEXT, OPS_DONE] = [0, 1];

/** What a thread answers, for each evaluation. */
export interface Answer {
  readonly id: number;
  readonly index: number;
  readonly run?: Run;
  /** Where it can't be evaluated: what a user is told. */
  readonly diagnostics?: readonly Diagnostic[];
}

export interface ThreadOptions {
  readonly deadline?: Deadline | undefined;
  /** Threads, at most. Default: the cores that this process may use. */
  readonly threads?: number | undefined;
  /** Multiplications of a job for which threads are started. Default: as many as take as long as starting them does. */
  readonly least?: number | undefined;
}

/** How often progress is told, in milliseconds. */
const TICK = 100;

/** Evaluations one after the other, in this thread. */
export const ONE_BY_ONE: Pick<EvaluationThreads, "all"> = {
  async all(graph, evaluations, parameters, onProgress = () => {}) {
    return evaluations.map(({ inputs, arithmetic }, i) => {
      const onOp = (op: number, of: number): void => onProgress((i + op / of) / evaluations.length);
      return evaluateGraph(graph, inputs, parameters, onOp, arithmetic);
    });
  },
};

/** Threads for evaluations, which start with the first job that is large enough and end with `close`. */
export class EvaluationThreads {
  readonly #deadline: Deadline;
  readonly #most: number;
  readonly #least: number;
  #threads: readonly Worker[] | undefined;
  #jobs = 0;

  constructor({
    deadline = new Deadline(),
    threads = availableParallelism(),
    least = 2e8,
  }: ThreadOptions = {}) {
    this.#deadline = deadline;
    this.#most = threads;
    this.#least = least;
  }

  /**
   * The outputs of each evaluation, in their order. `onProgress` is told the part of the ops that is done; what it throws ends the job.
   * Errors: those of `evaluateGraph`; `CheckError` at the deadline.
   */
  async all(
    graph: Graph,
    evaluations: readonly Evaluation[],
    parameters: ParameterSource,
    onProgress: (part: number) => void = () => {},
  ): Promise<readonly Run[]> {
    if (Math.min(this.#most, evaluations.length) < 2 || workOf(graph, evaluations) < this.#least)
      return ONE_BY_ONE.all(graph, evaluations, parameters, onProgress);
    return await this.#inThreads(graph, evaluations, parameters, onProgress);
  }

  /** Ends the threads, whatever they are doing. */
  close(): void {
    for (const thread of this.#threads ?? []) void thread.terminate();
    this.#threads = undefined;
  }

  #inThreads(
    graph: Graph,
    evaluations: readonly Evaluation[],
    parameters: ParameterSource,
    onProgress: (part: number) => void,
  ): Promise<readonly Run[]> {
    const threads = this.#started();
    const id = this.#jobs++;
    const counters = new Int32Array(new SharedArrayBuffer(8));
    const job: Job = {
      ...{ id, evaluations, counters },
      graph: withoutNumbers(graph),
      parameters: new Map(parametersOf(graph).map((each) => [each.name, shared(parameters(each))])),
    };
    const runs: Run[] = [];
    const ops = graph.ops.length * evaluations.length;
    return new Promise((resolve, reject) => {
      const tick = setInterval(() => {
        try {
          this.#deadline.check("evaluating the reference");
          onProgress(Atomics.load(counters, OPS_DONE) / ops);
        } catch (error) {
          settle(() => reject(error));
        }
      }, TICK);
      let left = evaluations.length;
      const onAnswer = ({ id: of, index, run, diagnostics }: Answer): void => {
        if (of !== id) return;
        if (run === undefined) {
          settle(() => reject(new InputError(diagnostics ?? [])));
        } else {
          runs[index] = run;
          left -= 1;
          if (left === 0) settle(() => resolve(runs));
        }
      };
      const onError = (error: unknown): void => settle(() => reject(error));
      const settle = (act: () => void): void => {
        clearInterval(tick);
        for (const thread of threads) thread.off("message", onAnswer).off("error", onError);
        act();
      };
      for (const thread of threads) {
        thread.on("message", onAnswer).on("error", onError);
        thread.postMessage(job);
      }
    });
  }

  #started(): readonly Worker[] {
    this.#threads ??= Array.from({ length: this.#most }, () => {
      const thread = new Worker(threadProgram(), { execArgv: [] });
      // The promise that waits for an answer keeps the process alive.
      thread.unref();
      return thread;
    });
    return this.#threads;
  }
}

/** The built program, also where a test runs from the source: threads have no loader of TypeScript. */
function threadProgram(): string {
  const program = join(packageRoot(), "dist", "evaluator.js");
  if (!existsSync(program)) throw new Defect(`${program} is missing: npm run build`);
  return program;
}

/** About how many multiplications evaluations take. */
function workOf(graph: Graph, evaluations: readonly Evaluation[]): number {
  const { macs, productMacs = 0 } = countNetwork(graph);
  return (macs + productMacs) * evaluations.length;
}

/** The graph with parameters that have types and names alone. */
function withoutNumbers(graph: Graph): Graph {
  return replaceParameters(graph, (parameter) => ({
    ...parameter,
    data: { kind: "constant", dims: parameter.data.dims, value: 0 },
  }));
}

function shared({ dims, data }: { readonly dims: readonly number[]; readonly data: ArrayLike<number> }) {
  if (data instanceof Float64Array && data.buffer instanceof SharedArrayBuffer) return { dims, data };
  const numbers = new Float64Array(new SharedArrayBuffer(8 * elementCount(dims)));
  numbers.set(data);
  return { dims, data: numbers };
}
