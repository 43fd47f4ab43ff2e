import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DeviceError, type Diagnostic, InputError } from "../base/diagnostic.js";
import { fileAtHand } from "../files/at-hand.js";
import { recordModel } from "../files/models/record.js";
import { DEVICES, type DeviceName, isProcessor, packageOf } from "./devices.js";
import { NO_TENSOR, type Port, type ProfiledNode, type WireTensor } from "./protocol.js";
import { fromWire, isWireDType, type NumberTensor, toWire } from "./tensor.js";
import { RuntimeRefusal, type WorkerOptions, WorkerProcess } from "./worker-process.js";

export type { NumberTensor } from "./tensor.js";

export interface SessionOptions {
  readonly device?: DeviceName | undefined;
  /** Threads of the CPU provider. Default: ONNX Runtime's choice. */
  readonly threads?: number | undefined;
  /** Lets nodes run on the CPU that the device has no kernel for. Default: such a model is refused. */
  readonly allowCpuNodes?: boolean | undefined;
  /** Records what runs where, for `profile`. */
  readonly profile?: boolean | undefined;
  /**
   * Multiplies whole numbers as ONNX Runtime does unless it is told otherwise: on x64 processors without VNNI, uint8 times int8 is added in pairs of
   * 16 bits, which saturate. Default: the sums are exact.
   */
  readonly asDeployed?: boolean | undefined;
  /** Runs the nodes as the file has them: ONNX Runtime fuses none, and lays no map out in another way. Default: as it does usually. */
  readonly unfused?: boolean | undefined;
}

/** Inputs that are ready to be sent, any number of times. */
export type PreparedInputs = readonly (readonly [name: string, tensor: WireTensor])[];

/** An ONNX model that ONNX Runtime has loaded. */
export interface Session {
  readonly device: DeviceName;
  /** The declared inputs, in order; a size that is open has a name, or the empty text. */
  readonly inputs: readonly Port[];
  /** The declared outputs, likewise. */
  readonly outputs: readonly Port[];
  readonly outputNames: readonly string[];
  /** Milliseconds that loading took. */
  readonly createMs: number;
  /**
   * Runs the model once. Errors: `InputError` where ONNX Runtime refuses the inputs or fails, and for a model with inputs or outputs that
   * are no tensors of numbers.
   */
  run(inputs: ReadonlyMap<string, NumberTensor>): Promise<ReadonlyMap<string, NumberTensor>>;
  /** The same with the elements as they are: integers of 64 bits are exact. */
  runElements(inputs: PreparedInputs): Promise<ReadonlyMap<string, WireTensor>>;
  /** The numbers as the elements that the model takes. Errors: `InputError` as of `run`. */
  prepare(inputs: ReadonlyMap<string, NumberTensor>): PreparedInputs;
  /** Runs the model once and gives the milliseconds of that alone. Errors: as for `run`. */
  time(inputs: PreparedInputs): Promise<number>;
  /** The nodes that have run, in order, once for each run. For a session that was opened with `profile`; ends it. */
  profile(): Promise<readonly ProfiledNode[]>;
  close(): Promise<void>;
}

/** ONNX Runtime in a process of its own. */
export interface Runtime {
  /** The version of onnxruntime-node. */
  readonly version: string;
  /** The names of the providers that it was built with, which says nothing of what works here. */
  readonly backends: readonly string[];
  /**
   * Loads a model (its bytes, or the path of its file). `name` is what messages call it.
   *
   * Errors: `DeviceError` for a device that is missing or can't take the whole graph, where that is asked for;
   * `InputError` for a model that ONNX Runtime refuses.
   */
  open(model: Uint8Array | string, options?: SessionOptions, name?: string): Promise<Session>;
  /** A folder for files that models are made of; it goes with the process. */
  readonly scratch: string;
  /** What the providers and drivers have written on stderr. */
  readonly stderr: string;
  /** Ends the process and all sessions in it. */
  close(): void;
}

export interface RuntimeOptions extends WorkerOptions {
  /** Allows TF32 on CUDA: float32 products with a mantissa of 10 bits. Default: false. */
  readonly allowTf32?: boolean | undefined;
}

/**
 * Starts ONNX Runtime in a process of its own, which ends by `close`, with this process and on Ctrl-C.
 * Errors of this and of all that follows: `DeviceError` where that process crashes, `CheckError` at the deadline.
 */
export async function startRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { allowTf32 = false, ...rest } = options;
  const env = { ...rest.env, ...(allowTf32 ? {} : { NVIDIA_TF32_OVERRIDE: "0" }) };
  const { worker, version, backends } = await WorkerProcess.start({ ...rest, env });
  let opened = 0;
  return {
    version,
    backends,
    async open(model, options = {}, name = typeof model === "string" ? model : "the model") {
      const number = opened++;
      const bytes = typeof model === "string" ? fileAtHand(model) : model;
      if (typeof model === "string" && bytes === undefined) {
        recordModel(model);
        return openIn(worker, model, options, name, number);
      }
      const path = join(worker.scratch, `${number}.onnx`);
      writeFileSync(path, bytes ?? model);
      try {
        return await openIn(worker, path, options, name, number);
      } finally {
        rmSync(path, { force: true });
      }
    },
    scratch: worker.scratch,
    get stderr() {
      return worker.stderr;
    },
    close: () => worker.close(),
  };
}

/** Loads a model in a process of its own, which ends with the session. Errors: as of `startRuntime` and `open`. */
export async function openSession(
  model: Uint8Array | string,
  options: SessionOptions & RuntimeOptions = {},
): Promise<Session> {
  const runtime = await startRuntime({ runtime: packageOf(options.device ?? "cpu"), ...options });
  try {
    const session = await runtime.open(model, options);
    return { ...session, close: async () => runtime.close() };
  } catch (error) {
    runtime.close();
    throw error;
  }
}

async function openIn(
  worker: WorkerProcess,
  path: string,
  {
    device: asked = "cpu",
    threads,
    allowCpuNodes = false,
    profile = false,
    asDeployed,
    unfused,
  }: SessionOptions,
  name: string,
  number: number,
): Promise<Session> {
  // Where there is no library, WebAssembly is what the processor can do.
  const device = asked === "cpu" && worker.runtime === "onnxruntime-web" ? "wasm" : asked;
  const request = {
    path,
    provider: DEVICES[device].provider,
    threads,
    wholly: !allowCpuNodes,
    exactIntegers: asDeployed !== true,
    unfused: unfused === true,
    profile: profile ? join(worker.scratch, `profile-${number}-`) : undefined,
  };
  const doing = `loading ${name} on ${device}`;
  const { session, inputs, outputs, ms } = await worker
    .ask("open", request, doing)
    .then((reply) => ({ ...reply, inputs: reply.inputs.map(named), outputs: reply.outputs.map(named) }))
    .catch(async (error: Error) => {
      if (!(error instanceof RuntimeRefusal)) throw error;
      if (!isProcessor(device)) await requireModel(worker, path, name);
      throw refusedModel(error.message.replaceAll(path, name), device, name);
    });
  const run = async (wire: PreparedInputs, back: boolean) => {
    refuseOthers(name, inputs, outputs);
    return worker
      .ask("run", { session, inputs: wire, outputs: back }, `running ${name} on ${device}`)
      .catch((error: Error) => {
        if (!(error instanceof RuntimeRefusal)) throw error;
        throw InputError.of("run/failed", `ONNX Runtime can't run ${name} on ${device}: ${reasonOf(error)}`);
      });
  };
  const prepare = (tensors: ReadonlyMap<string, NumberTensor>): PreparedInputs => {
    refuseOthers(name, inputs, outputs);
    return [...tensors].map(([key, tensor]) => {
      const dtype = inputs.find((input) => input.name === key)?.dtype ?? "float32";
      return [key, toWire(tensor, isWireDType(dtype) ? dtype : "float32")];
    });
  };
  return {
    device,
    inputs,
    outputs,
    outputNames: outputs.map((output) => output.name),
    createMs: ms,
    async run(tensors) {
      const results = await run(prepare(tensors), true);
      return new Map(results.outputs.map(([key, tensor]) => [key, fromWire(tensor)]));
    },
    runElements: async (prepared) => new Map((await run(prepared, true)).outputs),
    prepare,
    time: async (prepared) => (await run(prepared, false)).ms,
    profile: () => worker.ask("profile", { session }, `reading the profile of ${name}`),
    close: async () => void (await worker.ask("close", { session }, `closing ${name}`)),
  };
}

/** A port whose open sizes all have names: those that the decoder of files gives them. */
function named(port: Port): Port {
  return { ...port, dims: port.dims.map((dim, axis) => (dim === "" ? `${port.name}_${axis}` : dim)) };
}

/** Errors: `InputError` with each input and output of a model that is a sequence, a map, or of texts. */
function refuseOthers(name: string, inputs: readonly Port[], outputs: readonly Port[]): void {
  const problems = (what: "input" | "output", ports: readonly Port[]): readonly Diagnostic[] =>
    ports
      .filter(({ dtype }) => !isWireDType(dtype))
      .map((port) => ({
        code: "run/dtype",
        message: `the ${what} ${port.name} of ${name} is ${port.dtype === NO_TENSOR ? "a sequence or a map" : `a tensor of ${port.dtype}`}; ecagen runs models whose inputs and outputs are tensors of numbers`,
      }));
  const all = [...problems("input", inputs), ...problems("output", outputs)];
  if (all.length > 0) throw new InputError(all);
}

/** What another device refuses may be no fault of the device. Errors: `InputError` for what the CPU refuses too. */
async function requireModel(worker: WorkerProcess, path: string, name: string): Promise<void> {
  const request = {
    path,
    provider: DEVICES.cpu.provider,
    wholly: false,
    exactIntegers: false,
    unfused: false,
  };
  const doing = `loading ${name} on cpu`;
  const { session } = await worker.ask("open", request, doing).catch((error: Error) => {
    throw error instanceof RuntimeRefusal ? refusedModel(error.message, "cpu", name) : error;
  });
  await worker.ask("close", { session }, `closing ${name}`);
}

function refusedModel(said: string, device: DeviceName, name: string): Error {
  const message = firstLine(said);
  if (isProcessor(device)) return InputError.of("run/refused", `ONNX Runtime refuses ${name}: ${message}`);
  const { title, remedy } = DEVICES[device];
  const lacksHalf = /requires f16 but the device does not support it/.test(message);
  const hint = lacksHalf
    ? "this GPU has no half precision: take --precision fp32, or another --device"
    : remedy();
  return new DeviceError(`${title} can't run ${name} here: ${message}`, hint);
}

/** The first line of what ONNX Runtime says; of wrong sizes of inputs, the lines that name them. */
function reasonOf(error: Error): string {
  const [line, ...more] = error.message.trim().split("\n");
  const sizes = more.filter((each) => /^\s*index: \d+ Got: /.test(each)).map((each) => each.trim());
  if (!line?.startsWith("Got invalid dimensions for input: ")) return firstLine(error.message);
  return `${line.replace(/ for the following indices$/, "")}: ${sizes.join("; ")}`;
}

/** The first line of what ONNX Runtime says, without the line of its own source. */
function firstLine(message: string): string {
  const [line = ""] = message.trim().split("\n");
  return line.replace(/^\S*onnxruntime_src\S* .* was false\. /, "");
}
