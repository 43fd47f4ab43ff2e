import { CheckError, DeviceError } from "../base/diagnostic.js";
import { packageVersion } from "../files/package.js";
import { GraphBuilder } from "../ir/builder.js";
import { tensorType } from "../ir/types.js";
import { modelBytes } from "../onnx/encode/bytes.js";
import { encodeModel } from "../onnx/encode/export.js";
import { DEVICES, type DeviceName, isProcessor, packageOf } from "../runtime/devices.js";
import { vulkanAdapter } from "../runtime/drivers.js";
import { installedRuntime } from "../runtime/installed.js";
import { type Runtime, type RuntimeOptions, startRuntime } from "../runtime/session.js";

/** The devices that `auto` tries, the most specialised first; one of the last two is there wherever a runtime is. */
const PREFERENCE = [
  "coreml",
  "cuda",
  "dml",
  "webgpu",
  "cpu",
  "wasm",
] as const satisfies readonly DeviceName[];

const NO_LIBRARY = "onnxruntime-node is not installed; WebAssembly runs models on the processor";

/** What a trial of a device has shown. */
export interface Trial {
  readonly device: DeviceName;
  /** What went wrong; undefined when the result was right. */
  readonly problem: string | undefined;
  /** The GPU's name, where the driver tells it. */
  readonly adapter: string | undefined;
}

/** The device that a request means, and the GPU behind it. */
export interface ChosenDevice extends Trial {
  readonly requested: DeviceName | "auto";
  /** The devices that `auto` has tried before, and why not they. */
  readonly passedOver: readonly Trial[];
}

/** What reports say of the device. */
export interface DeviceReport {
  readonly requested: string;
  readonly used: string;
  /** The GPU's name, if the driver reports it. */
  readonly adapter?: string;
  /** Nodes that ran on the CPU although another device was requested. */
  readonly cpuNodes: number;
  /** The devices that `auto` has tried before, and why not they. */
  readonly passedOver?: readonly { readonly device: string; readonly problem: string }[];
}

export function deviceReport(chosen: ChosenDevice, cpuNodes: number): DeviceReport {
  const { requested, device, adapter } = chosen;
  const passedOver = chosen.passedOver.map((trial) => ({
    device: trial.device,
    problem: trial.problem ?? "",
  }));
  return {
    requested,
    used: device,
    ...(adapter === undefined ? {} : { adapter }),
    cpuNodes,
    ...(requested === "auto" ? { passedOver } : {}),
  };
}

/**
 * The device that a request means: `auto` is the first that really runs a small model here. Any but the CPU has
 * run one when this returns. Errors: `DeviceError` with the reason and the remedy where it can't.
 */
export async function chooseDevice(
  requested: DeviceName | "auto",
  options: RuntimeOptions = {},
): Promise<ChosenDevice> {
  if (requested === "cpu") {
    const device = installedRuntime() === "onnxruntime-web" ? "wasm" : "cpu";
    return { requested, device, problem: undefined, adapter: undefined, passedOver: [] };
  }
  const passedOver: Trial[] = [];
  for (const device of requested === "auto" ? PREFERENCE : [requested]) {
    const trial = await tryDevice(device, options);
    if (trial.problem === undefined) return { requested, ...trial, passedOver };
    passedOver.push(trial);
  }
  const [first] = passedOver;
  throw requested === "auto" || first?.problem === undefined
    ? new DeviceError("no device can run a model here, not even the CPU", DEVICES.cpu.remedy())
    : new DeviceError(first.problem, DEVICES[first.device].remedy());
}

/**
 * Runs a small model on a device, in a process of its own: a driver that crashes takes nothing with it.
 * Errors: `CheckError` at the deadline.
 */
export async function tryDevice(device: DeviceName, options: RuntimeOptions = {}): Promise<Trial> {
  const env = { ...options.env, ...(device === "webgpu" ? { VK_LOADER_DEBUG: "driver" } : {}) };
  try {
    const runtime = await startRuntime({ ...options, env, runtime: packageOf(device) });
    try {
      const session = await runtime.open(probeModel(), { device }, "a small model");
      if (session.device !== device) return { device, problem: NO_LIBRARY, adapter: undefined };
      const data = Float32Array.of(-1, 0, 1, 2);
      const y = (await session.run(new Map([["x", { dims: [1, 1, 2, 2], data }]]))).get("y")?.data;
      const right = y !== undefined && data.every((each, i) => y[i] === Math.max(each, 0));
      return {
        device,
        problem: right ? undefined : "a small model gave a wrong result",
        adapter: vulkanAdapter(runtime.stderr),
      };
    } finally {
      runtime.close();
    }
  } catch (error) {
    if (error instanceof CheckError) throw error;
    return { device, problem: (error as Error).message.split("\n")[0] ?? "", adapter: undefined };
  }
}

/**
 * Keeps what a GPU's provider has set up and compiled until the runtime is closed. Otherwise it is dropped with the
 * provider's last session, and the next one compiles every shader again.
 */
export async function holdDevice(runtime: Runtime, device: DeviceName): Promise<void> {
  if (!isProcessor(device)) await runtime.open(probeModel(), { device }, "a small model");
}

/** y = max(x, 0) over [1, 1, 2, 2]: every provider has it. */
function probeModel(): Uint8Array {
  const builder = new GraphBuilder("probe");
  const x = builder.input("x", tensorType([1, 1, 2, 2]));
  const y = builder.op("relu", [x], {}, { scope: "/y" });
  const options = { producerVersion: packageVersion(), metadata: {} };
  return modelBytes(encodeModel(builder.finish([y]), options), { seed: 0 });
}
