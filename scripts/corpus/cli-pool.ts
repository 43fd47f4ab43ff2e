import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { packageRoot } from "../../src/files/package.js";
import type { CliRequest, CliRun } from "./protocol.js";

/** A process is given up after so many runs: each leaves its evaluated modules behind. */
const RUNS_OF_A_PROCESS = 400;

export interface CliPool {
  /** Runs the command line; waits where all processes are at work. */
  run(args: readonly string[], folder: string, seconds?: number): Promise<CliRun>;
  close(): void;
}

/** The built command line, in dist/ or in another file, in `size` processes that stay. */
export function cliPool(size: number, program = join(packageRoot(), "dist", "cli.js")): CliPool {
  const idle: Worker[] = Array.from({ length: size }, () => new Worker(program));
  const all = [...idle];
  const waiting: ((worker: Worker) => void)[] = [];
  const release = (worker: Worker): void => {
    const next = waiting.shift();
    if (next === undefined) idle.push(worker);
    else next(worker);
  };
  return {
    async run(args, folder, seconds = 120) {
      const worker = idle.pop() ?? (await new Promise<Worker>((resolve) => waiting.push(resolve)));
      try {
        return await worker.run({ args, folder }, seconds);
      } finally {
        release(worker);
      }
    },
    close() {
      for (const worker of all) worker.end();
    },
  };
}

class Worker {
  private readonly program: string;
  private child: ChildProcess | undefined;
  private runs = 0;

  constructor(program: string) {
    this.program = program;
  }

  run(request: CliRequest, seconds: number): Promise<CliRun> {
    if (this.runs++ % RUNS_OF_A_PROCESS === 0) this.end();
    const child = this.started();
    const started = performance.now();
    return new Promise((resolve) => {
      const ended = (why: string): void => {
        child.removeAllListeners();
        this.end();
        resolve({ code: undefined, stdout: "", stderr: why, ms: performance.now() - started });
      };
      const timer = setTimeout(() => ended(`it did not end in ${seconds} s`), seconds * 1000);
      child.once("message", (run: CliRun) => {
        clearTimeout(timer);
        child.removeAllListeners();
        resolve(run);
      });
      child.once("exit", (code, signal) => {
        clearTimeout(timer);
        ended(`its process ended with ${signal ?? `exit code ${code}`}`);
      });
      child.send(request);
    });
  }

  end(): void {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }

  private started(): ChildProcess {
    this.child ??= fork(fileURLToPath(new URL("cli-worker.mjs", import.meta.url)), [this.program], {
      execArgv: [],
      // Code caches are written when a process ends, for which each run would leave a listener.
      env: { ...process.env, NO_COLOR: "1", FORCE_COLOR: undefined, NODE_DISABLE_COMPILE_CACHE: "1" },
    });
    return this.child;
  }
}
