import { type ChildProcess, fork } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Deadline } from "../base/deadline.js";
import { Defect, DeviceError } from "../base/diagnostic.js";
import { packageRoot } from "../files/package.js";
import { onTermination } from "../files/termination.js";
import { ADD_RUNTIME, CPU_REMEDY, installedRuntime, type RuntimePackage } from "./installed.js";
import type { CallName, Calls, Greeting, Reply, Request } from "./protocol.js";

export interface WorkerOptions {
  /** When a request that is not answered ends the process. */
  readonly deadline?: Deadline | undefined;
  /** Added to the process's environment. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /**
   * The program that runs in the process: that of worker.ts, unless a test puts one that hangs or crashes instead.
   *
   * @internal
   */
  readonly program?: string | undefined;
  /** What the process loads. Default: what is installed. */
  readonly runtime?: RuntimePackage | undefined;
}

/** Of what the process writes on stderr, the last characters are kept. */
const KEPT_STDERR = 1 << 16;

/** The answer of ONNX Runtime to a request that it can't fulfil. */
export class RuntimeRefusal extends Error {
  override readonly name = "RuntimeRefusal";
}

/**
 * A child process with ONNX Runtime in it. A worker thread would not do: a native crash ends the whole process,
 * and a thread inside a native call can't be stopped. The child ends when it is closed, with a missed deadline,
 * on Ctrl-C and with its parent, whatever it is doing; its temporary files go with it.
 */
export class WorkerProcess {
  /** A folder for the models that it loads and the profiles that it writes. */
  readonly scratch: string;
  /** What runs in it. */
  readonly runtime: RuntimePackage;
  readonly #child: ChildProcess;
  readonly #deadline: Deadline;
  #stderr = "";
  #ended: { readonly how: string } | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  private constructor({
    deadline = new Deadline(),
    env = {},
    program = workerProgram(),
    runtime = installedRuntime() ?? "onnxruntime-node",
  }: WorkerOptions) {
    this.#deadline = deadline;
    this.runtime = runtime;
    this.scratch = mkdtempSync(join(tmpdir(), "ecagen-run-"));
    this.#child = fork(program, [this.scratch, runtime], {
      // ONNX Runtime would send usage data to its makers, and keep a file for it in the temporary folder.
      env: { ...process.env, ORT_DISABLE_TELEMETRY: "1", ...env },
      // Flags of this process, as a debugger's port or a loader, are not the child's.
      execArgv: [],
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_STDERR);
    });
    this.#keepAlive(false);
    this.#child.on("error", (error) => {
      this.#ended ??= { how: error.message };
    });
    // A signal or an exit code says more than the error of a message that came too late.
    this.#child.on("exit", (code, signal) => {
      this.#ended = { how: signal ?? `exit code ${code}` };
    });
  }

  /** Starts the process and waits until ONNX Runtime is loaded. Errors: `DeviceError` where it can't be. */
  static async start(
    options: WorkerOptions,
  ): Promise<{ worker: WorkerProcess; version: string; backends: readonly string[] }> {
    const worker = new WorkerProcess(options);
    const greeting = (await worker.#next(`loading ${worker.runtime}`)) as Greeting;
    if ("error" in greeting) {
      worker.close();
      const isThere = options.program !== undefined || installedRuntime() !== undefined;
      throw isThere
        ? new DeviceError(`${worker.runtime} can't be loaded: ${greeting.error}`, CPU_REMEDY)
        : new DeviceError("no ONNX Runtime is installed, and models can't be run", ADD_RUNTIME);
    }
    return { worker, ...greeting };
  }

  /** What the process has written on stderr, the end of it. */
  get stderr(): string {
    return this.#stderr;
  }

  /**
   * Asks and waits for the answer; requests that come meanwhile wait for their turn. `doing`: the words for it in
   * messages, as `running b0.onnx on webgpu`.
   *
   * Errors: `RuntimeRefusal` where ONNX Runtime refuses, `CheckError` at the deadline, `DeviceError` where the
   * process ends.
   */
  ask<N extends CallName>(call: N, ask: Calls[N]["ask"], doing: string): Promise<Calls[N]["answer"]> {
    const turn = this.#queue.then(async () => {
      this.#refuseEnded(doing);
      this.#child.send({ call, ask } as Request);
      const reply = (await this.#next(doing)) as Reply;
      if ("error" in reply) throw new RuntimeRefusal(reply.error);
      return reply.answer as Calls[N]["answer"];
    });
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Ends the process, whatever it is doing. */
  close(): void {
    this.#child.kill("SIGKILL");
    rmSync(this.scratch, { recursive: true, force: true });
  }

  /** The next message of the process. */
  #next(doing: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#keepAlive(true);
      const stopListening = onTermination(() => this.close());
      const { remaining } = this.#deadline;
      const timer = Number.isFinite(remaining) ? setTimeout(() => onTimeout(), remaining) : undefined;
      const onTimeout = (): void => {
        this.close();
        settle(() => reject(this.#deadline.missed(doing)));
      };
      const onMessage = (message: unknown): void => settle(() => resolve(message));
      // After `exit` the last words may still be on their way; `close` comes when all are read.
      const onClose = (): void => settle(() => reject(this.#crash(doing)));
      // A request that met a process which had just ended is an error too; how it ended is known at `close`.
      const onError = (): void => {
        if (this.#child.pid === undefined) onClose();
      };
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        this.#keepAlive(false);
        this.#child.off("message", onMessage).off("close", onClose).off("error", onError);
        stopListening();
        act();
      };
      this.#child.once("message", onMessage).once("close", onClose).once("error", onError);
    });
  }

  /** Whether this process waits for the child: not for one that is asked nothing. */
  #keepAlive(alive: boolean): void {
    const method = alive ? "ref" : "unref";
    this.#child[method]();
    this.#child.channel?.[method]();
    (this.#child.stderr as Socket | null)?.[method]();
  }

  #refuseEnded(doing: string): void {
    if (this.#ended !== undefined || !this.#child.connected) throw this.#crash(doing);
  }

  #crash(doing: string): DeviceError {
    rmSync(this.scratch, { recursive: true, force: true });
    const last = this.#stderr.trim().split("\n").at(-1)?.trim() ?? "";
    return new DeviceError(
      `the process of ONNX Runtime ended (${this.#ended?.how ?? "it was closed"}) while ${doing}${last === "" ? "" : `: ${last}`}`,
      "a crash inside the execution provider or its driver: update the driver, or take another --device",
    );
  }
}

/** The built program, also where a test runs from the source: TypeScript's loader starts slower than ONNX Runtime. */
function workerProgram(): string {
  const program = join(packageRoot(), "dist", "worker.js");
  if (!existsSync(program)) throw new Defect(`${program} is missing: npm run build`);
  return program;
}
