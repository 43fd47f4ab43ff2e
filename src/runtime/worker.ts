/**
 * The process that holds ONNX Runtime: a native crash or a hang ends this process and not the one that asks.
 * It answers requests in order (see protocol.ts), and ends with its parent.
 *
 *     node worker.js SCRATCH PACKAGE        SCRATCH: the folder of its temporary files, removed at the end
 *                                           PACKAGE: onnxruntime-node, or onnxruntime-web, whose WebAssembly runs instead of the CPU provider
 */
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import {
  type CallName,
  type Calls,
  type Greeting,
  NO_TENSOR,
  type OpenRequest,
  type Port,
  type ProfiledNode,
  type Reply,
  type Request,
  type WireTensor,
} from "./protocol.js";
import { isWireDType } from "./tensor.js";

type Runtime = Pick<typeof import("onnxruntime-node"), "InferenceSession" | "Tensor">;

interface OpenSession {
  readonly session: InferenceSession;
  readonly profile: string | undefined;
}

const [, , scratch = "", packageName = "onnxruntime-node"] = process.argv;
/** ONNX Runtime's name of the provider of onnxruntime-web that runs anywhere. */
const WASM = "wasm";
const sessions = new Map<number, OpenSession>();
let opened = 0;

// Ctrl-C reaches the whole group of processes; the parent decides what then becomes of this one.
for (const signal of ["SIGINT", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => {
  removeScratch();
  process.exit();
});
endWithParent();

type Handlers = { readonly [N in CallName]: (ask: Calls[N]["ask"]) => Promise<Calls[N]["answer"]> };

function handlers(ort: Runtime): Handlers {
  return {
    async open(request) {
      const start = performance.now();
      const session = await created(ort, request);
      const ms = performance.now() - start;
      const id = opened++;
      sessions.set(id, { session, profile: request.profile });
      return {
        session: id,
        inputs: ports(session.inputMetadata),
        outputs: ports(session.outputMetadata),
        ms,
      };
    },
    async run({ session, inputs, outputs }) {
      const feeds = Object.fromEntries(
        inputs.map(([name, { dtype, dims, data }]) => [name, new ort.Tensor(dtype, data, dims)]),
      );
      const start = performance.now();
      const results = await sessionOf(session).session.run(feeds);
      const ms = performance.now() - start;
      return {
        ms,
        outputs: outputs ? Object.entries(results).map(([name, t]) => [name, wire(name, t)]) : [],
      };
    },
    async profile({ session }) {
      const { session: profiled, profile = "" } = sessionOf(session);
      profiled.endProfiling();
      const folder = dirname(profile);
      const file = readdirSync(folder).find((name) => name.startsWith(basename(profile)));
      if (file === undefined) throw new Error("it wrote no profile");
      const nodes = profiledNodes(readFileSync(join(folder, file), "utf8"));
      rmSync(join(folder, file));
      return nodes;
    },
    async close({ session }) {
      await sessionOf(session).session.release();
      sessions.delete(session);
      return null;
    },
  };
}

/** ONNX Runtime can't load every model that it takes with exact sums; then it must not join steps and products, which are exact by themselves. */
async function created(ort: Runtime, request: OpenRequest): Promise<InferenceSession> {
  // WebAssembly sees no files.
  const model = request.provider === WASM ? readFileSync(request.path) : undefined;
  const load = (settings: SessionSettings) => {
    const options = optionsOf(request, settings);
    return model === undefined
      ? ort.InferenceSession.create(request.path, options)
      : ort.InferenceSession.create(model, options);
  };
  if (!request.exactIntegers) return load({});
  try {
    return await load({ x64quantprecision: "1" });
  } catch {
    const plain = await load({});
    try {
      const exact = await load({ disable_quant_qdq: "1" });
      await plain.release();
      return exact;
    } catch {
      return plain;
    }
  }
}

type SessionSettings = Readonly<Record<string, string>>;

function optionsOf(
  { provider, threads, wholly, profile, unfused }: OpenRequest,
  settings: SessionSettings,
): InferenceSession.SessionOptions {
  return {
    executionProviders: [provider],
    logSeverityLevel: 4,
    ...(unfused ? { graphOptimizationLevel: "disabled" } : {}),
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
    extra: {
      session: {
        strict_shape_type_inference: "1",
        // A session's threads would wait for work by spinning, and slow the session that runs next.
        force_spinning_stop: "1",
        ...(wholly && provider !== "cpu" && provider !== WASM ? { disable_cpu_ep_fallback: "1" } : {}),
        ...settings,
      },
    },
  };
}

function sessionOf(id: number): OpenSession {
  const known = sessions.get(id);
  if (known === undefined) throw new Error(`there is no session ${id}`);
  return known;
}

function ports(metadata: readonly InferenceSession.ValueMetadata[]): readonly Port[] {
  return metadata.map((each) => ({
    name: each.name,
    dtype: each.isTensor ? each.type : NO_TENSOR,
    dims: each.isTensor ? each.shape : [],
  }));
}

function wire(name: string, { type, dims, data }: Tensor): WireTensor {
  if (!isWireDType(type) || !ArrayBuffer.isView(data)) throw new Error(`the output ${name} is ${type}`);
  // Where JavaScript has a Float16Array, that is what the elements of float16 are.
  const elements =
    type === "float16" ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  // TypeScript can't follow the element type to its array.
  return { dtype: type, dims, data: elements } as WireTensor;
}

interface ProfileEvent {
  readonly cat?: string;
  readonly name?: string;
  readonly dur?: number;
  readonly args?: { readonly op_name?: string; readonly provider?: string; readonly node_index?: string };
}

/** Of the Chrome trace that ONNX Runtime writes, the events that are a kernel's run. */
function profiledNodes(trace: string): readonly ProfiledNode[] {
  return (JSON.parse(trace) as readonly ProfileEvent[]).flatMap(({ cat, name = "", dur = 0, args = {} }) => {
    if (cat !== "Node" || !name.endsWith("_kernel_time")) return [];
    const { op_name: op = "", provider = "", node_index: index } = args;
    return [{ index: Number(index), name: name.replace(/_kernel_time$/, ""), op, provider, us: dur }];
  });
}

/** A hanging run keeps this thread from seeing that the parent is gone, so another thread looks. */
function endWithParent(): void {
  const watch = `
    const { rmSync } = require("node:fs");
    const { workerData: { parent, scratch } } = require("node:worker_threads");
    const isAlive = () => {
      try { return process.ppid === parent && process.kill(parent, 0); }
      catch (error) { return error.code === "EPERM"; }
    };
    setInterval(() => {
      if (isAlive()) return;
      if (scratch !== "") rmSync(scratch, { recursive: true, force: true });
      process.kill(process.pid, "SIGKILL");
    }, 500);`;
  const workerData = { parent: process.ppid, scratch };
  new Worker(watch, { eval: true, execArgv: [], env: {}, workerData }).unref();
}

function removeScratch(): void {
  if (scratch !== "") rmSync(scratch, { recursive: true, force: true });
}

function send(message: Greeting | Reply): void {
  process.send?.(message);
}

/** What runs models, and what it says of itself. */
interface Loaded {
  readonly ort: Runtime;
  readonly version: string;
  readonly backends: readonly string[];
}

async function native(): Promise<Loaded> {
  const ort = await import("onnxruntime-node");
  // What the native library would print on stderr is in the errors that it throws.
  ort.env.logLevel = "fatal";
  const version = ort.env.versions.node ?? ort.env.versions.common;
  return { ort, version, backends: ort.listSupportedBackends().map(({ name }) => name) };
}

async function webAssembly(): Promise<Loaded> {
  const ort = await import("onnxruntime-web");
  ort.env.logLevel = "fatal";
  ort.env.wasm.numThreads = availableParallelism();
  return { ort, version: ort.env.versions.web ?? ort.env.versions.common, backends: [WASM] };
}

async function main(): Promise<void> {
  let loaded: Loaded;
  try {
    loaded = await (packageName === "onnxruntime-web" ? webAssembly() : native());
  } catch (error) {
    return send({ error: (error as Error).message });
  }
  const { ort, version, backends } = loaded;
  const table = handlers(ort);
  process.on("message", async ({ call, ask }: Request) => {
    try {
      // The table ties each call to its own question, which TypeScript can't follow through the look-up.
      send({ answer: await (table[call] as (ask: unknown) => Promise<Calls[CallName]["answer"]>)(ask) });
    } catch (error) {
      send({ error: (error as Error).message });
    }
  });
  send({ version, backends });
}

await main();
